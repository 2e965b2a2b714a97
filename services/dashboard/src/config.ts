import { readSettings, type Settings } from '@northstar/runtime'

export function readConfig(): Settings {
  return readSettings()
}
