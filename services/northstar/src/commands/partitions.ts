import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DUPLICATE_WINDOW } from '@northstar/events'
import { growPartitions } from '@northstar/pipeline'
import { createLogger, lockDataFolder, readSettings, storeLocations } from '@northstar/runtime'
import { Command } from 'commander'
import { withCleanup } from '../cleanup.ts'
import { wholeNumber } from '../numbers.ts'
import { printAnswer } from '../print.ts'
import { loadProduct } from '../product.ts'
import { GROUPS, missingServers, openGrownLog, openStores } from '../stores.ts'

/** Time in which ingest processes detect new partitions in Kafka. */
const NOTICED_MS = 16_000

export function partitionsCommand(): Command {
  return new Command('partitions').description('Changes the partitions of the event log.').addCommand(
    new Command('grow')
      .description(
        'Increases the number of partitions of the event log to a multiple of the current number. Stop "northstar up" first if the log is embedded.',
      )
      .argument('<number>', 'new number of partitions', wholeNumber)
      .option('--json', 'print JSON')
      .action(async (partitions: number, options: { json?: boolean }) => {
        const interruption = new AbortController()
        const growing = grow(partitions, interruption.signal)
        // Ingest answers 503 until the growth has ended.
        const before = await withCleanup(
          () => {
            interruption.abort()
            return growing.then(ignore, ignore)
          },
          () => growing,
        )
        printAnswer({ before, partitions }, options.json, () => `The event log has ${partitions} partitions, before ${before}.`)
      }),
  )
}

const ignore = () => {}

async function grow(partitions: number, signal: AbortSignal): Promise<number> {
  const settings = readSettings()
  const isEmbedded = missingServers(settings, ['log', 'state']).length > 0
  const locations = storeLocations(settings, loadProduct(settings).catalogue.product.name)
  if (settings.kafka === undefined && !existsSync(locations.log.folder)) {
    const message = `there is no event log in ${settings.dataDir}: for one on servers set KAFKA_BROKERS and REDIS_URL as for its services, or run this in one of their containers`
    throw Object.assign(new Error(message), { code: 'no_log' })
  }
  const release = isEmbedded ? lockDataFolder(settings.dataDir) : () => {}
  const logger = createLogger('warn', 'partitions')
  const shared = { logger, now: Date.now, clientId: 'northstar-partitions' }
  const state = (await openStores(new Set(['state'] as const), { locations, ...shared })).get('state')
  const log = await openGrownLog(locations.log, partitions, shared)
  try {
    // Ingest uses new partitions only after it has detected them, so it is not held before.
    if (!isEmbedded) await sleep(NOTICED_MS, undefined, { signal })
    const hold = isEmbedded ? { noticedMs: 0 } : {}
    const deps = { log, state, groups: GROUPS, duplicateWindow: DUPLICATE_WINDOW, now: Date.now, signal, ...hold }
    return await growPartitions(partitions, deps)
  } finally {
    await log.close()
    await state.close()
    release()
  }
}
