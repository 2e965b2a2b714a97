import { readSettings, storeLocations } from '@northstar/runtime'
import { Command } from 'commander'
import { wholeNumber } from '../numbers.ts'
import { loadProduct } from '../product.ts'
import { growEventLog } from '../stores.ts'

export function partitionsCommand(): Command {
  return new Command('partitions').description('Changes the partitions of the event log.').addCommand(
    new Command('grow')
      .description('Gives the event log in Kafka more partitions. Stop every ingest process before, and start them after.')
      .argument('<number>', 'how many partitions it is to have', wholeNumber)
      .option('--json', 'print JSON')
      .addHelpText('after', '\nExample:\n  northstar partitions grow 16')
      .action(async (partitions: number, options: { json?: boolean }) => {
        const settings = readSettings()
        const { log } = storeLocations(settings, loadProduct(settings).catalogue.product.name)
        const before = await grow(log, partitions)
        process.stdout.write(options.json ? `${JSON.stringify({ before, partitions })}\n` : readable(before, partitions))
      }),
  )
}

async function grow(log: Parameters<typeof growEventLog>[0], partitions: number): Promise<number> {
  try {
    const before = await growEventLog(log, partitions, 'northstar-partitions')
    if (before !== null) return before
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw Object.assign(new Error(error.message, { cause: error }), { code: 'cannot_shrink' })
  }
  const message = 'the event log is embedded: set NORTHSTAR_PARTITIONS to a larger number and start again'
  throw Object.assign(new Error(message), { code: 'log_embedded' })
}

const readable = (before: number, partitions: number) =>
  `The event log has ${partitions} partitions, where it had ${before}. Consumers notice within half a minute; start ingest now.
Some users are in another partition from now on: what a client has sent before and sends again is counted twice.
`
