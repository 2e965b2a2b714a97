import { readSettings, type Settings } from '@northstar/runtime'

export interface CommandSettings extends Settings {
  /** Where a running Northstar answers, for the commands that ask it. */
  readonly url: string
}

export function readConfig(): CommandSettings {
  const settings = readSettings()
  const host = settings.host === '0.0.0.0' || settings.host === '::' ? '127.0.0.1' : settings.host
  return { ...settings, url: process.env.NORTHSTAR_URL || `http://${host}:${settings.port}` }
}
