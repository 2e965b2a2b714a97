import { hostname } from 'node:os'
import { readSettings, type Settings } from '@northstar/runtime'
import { ALERTS_DEFAULTS, type AlertsConfig } from './alerts.ts'

export function readConfig(): Settings & AlertsConfig {
  return withSettings(readSettings())
}

/** The service's own settings beside those of the process. */
export function withSettings(settings: Settings): Settings & AlertsConfig {
  return {
    ...ALERTS_DEFAULTS,
    holder: `${hostname()}:${settings.port}`,
    externalUrl: `http://${settings.host}:${settings.port}`,
    ...settings,
  }
}
