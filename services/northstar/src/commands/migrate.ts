import type { AnalystAccount } from '@northstar/clickhouse'
import {
  ADMIN_TOKEN_DOCUMENT,
  createLogger,
  hashToken,
  type Logger,
  lockDataFolder,
  readSettings,
  type StoreLocations,
  storeLocations,
} from '@northstar/runtime'
import { StateConflict } from '@northstar/state'
import { Command } from 'commander'
import { createCredentials } from '../credentials.ts'
import { migrate } from '../migrate.ts'
import { loadProduct } from '../product.ts'
import { ensureSecret } from '../secret.ts'
import { missingServers, openSealedState, openWarehouse } from '../stores.ts'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Creates the topic, the tables and views, and the admin token on the configured servers. Safe to repeat.')
    .action(async () => {
      const settings = readSettings()
      const logger = createLogger(settings.logLevel, 'migrate')
      const { catalogue } = loadProduct(settings)
      const locations = storeLocations(settings, catalogue.product.name)
      if (missingServers(settings, ['log', 'warehouse', 'state']).length > 0) lockDataFolder(settings.dataDir)
      const warehouse = await openWarehouse(locations.warehouse)
      try {
        const secret = settings.secret === undefined ? undefined : ensureSecret(settings, true)
        const analyst = await migrate(locations, warehouse, catalogue, { secret, logger })
        if (analyst) reportAnalyst(analyst, logger)
      } finally {
        await warehouse.close()
      }
      if (settings.redisUrl && !settings.adminToken) await ensureAdminToken(locations, ensureSecret(settings, true), logger)
    })
}

/** Logs the outcome for the account of CLICKHOUSE_ANALYST_URL. If it may not be created, prints the statements to run. */
function reportAnalyst({ outcome, statements }: AnalystAccount, logger: Logger): void {
  if (outcome === 'ready') logger.info('the account of CLICKHOUSE_ANALYST_URL has its limits and grants')
  if (outcome === 'configured')
    logger.info('the account of CLICKHOUSE_ANALYST_URL is defined in the configuration of the server and was not changed')
  if (outcome !== 'not_allowed') return
  logger.warn('the account of CLICKHOUSE_URL may not manage accounts: run the following statements as an account with ACCESS MANAGEMENT')
  process.stdout.write(`${statements.map(statement => `${statement};`).join('\n')}\n`)
}

/** Creates the admin token that all processes accept, and prints it once. */
async function ensureAdminToken(locations: StoreLocations, secret: Uint8Array, logger: Logger): Promise<void> {
  const state = openSealedState(locations, secret, Date.now, logger)
  const { adminToken } = createCredentials()
  try {
    await state.put(ADMIN_TOKEN_DOCUMENT, { hash: hashToken(adminToken) }, { ifVersion: 0 })
    process.stdout.write(`Admin token, shown once: ${adminToken}\n`)
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error
  } finally {
    await state.close()
  }
}
