import { setTimeout as sleep } from 'node:timers/promises'
import { DUPLICATE_WINDOW } from '@northstar/events'
import { growPartitions } from '@northstar/pipeline'
import { createLogger, lockDataFolder, readSettings, storeLocations } from '@northstar/runtime'
import { Command } from 'commander'
import { wholeNumber } from '../numbers.ts'
import { loadProduct } from '../product.ts'
import { GROUPS, missingServers, openGrownLog, openStores } from '../stores.ts'

/** Ingest processes notice new partitions in Kafka within this. */
const NOTICED_MS = 16_000

export function partitionsCommand(): Command {
  return new Command('partitions').description('Changes the partitions of the event log.').addCommand(
    new Command('grow')
      .description('Gives the event log more partitions: a multiple of the present number. With an embedded log, stop northstar up before.')
      .argument('<number>', 'how many partitions it is to have', wholeNumber)
      .option('--json', 'print JSON')
      .addHelpText('after', '\nExample:\n  northstar partitions grow 16')
      .action(async (partitions: number, options: { json?: boolean }) => {
        const before = await grow(partitions)
        process.stdout.write(options.json ? `${JSON.stringify({ before, partitions })}\n` : readable(before, partitions))
      }),
  )
}

async function grow(partitions: number): Promise<number> {
  const settings = readSettings()
  const isEmbedded = missingServers(settings, ['log', 'state']).length > 0
  const release = isEmbedded ? lockDataFolder(settings.dataDir) : () => {}
  const logger = createLogger('warn', 'partitions')
  const locations = storeLocations(settings, loadProduct(settings).catalogue.product.name)
  const shared = { logger, now: Date.now, clientId: 'northstar-partitions' }
  const state = (await openStores(new Set(['state'] as const), { locations, ...shared })).get('state')
  const log = await openGrownLog(locations.log, partitions, shared)
  try {
    // Until ingest knows the new partitions, it writes to none of them and is not held.
    if (!isEmbedded) await sleep(NOTICED_MS)
    const hold = isEmbedded ? { noticedMs: 0 } : {}
    return await growPartitions(partitions, { log, state, groups: GROUPS, duplicateWindow: DUPLICATE_WINDOW, now: Date.now, ...hold })
  } finally {
    await log.close()
    await state.close()
    release()
  }
}

const readable = (before: number, partitions: number) => `Events are in ${partitions} partitions from now on, where they were in ${before}.
What was sent before and is sent again is found.
`
