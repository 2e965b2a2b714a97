import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { numberAboveZero, wholeNumber } from '../numbers.ts'
import { printJson } from '../print.ts'
import { loadSimulation } from '../product.ts'
import { withProgress } from '../progress.ts'
import { atPace, launchEndingToday, sendEvents, simulate, weekStartsFrom } from '../simulate/index.ts'
import { report, targetOf } from './send.ts'

interface Options {
  seed: number
  launch?: string
  endNow?: boolean
  speed?: number
  print?: boolean
  key?: string
  json?: boolean
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description("Generates and sends the events of the product's simulation.yaml. The same seed generates the same events.")
    .option('--seed <n>', 'random seed; totals are the same for every seed', wholeNumber, 1)
    .option('--launch <date>', "first day of the first week, YYYY-MM-DD (default: the product's launch)")
    .option('--end-now', 'shift the launch so that the last week ends today')
    .option('--speed <factor>', 'pace relative to real time, such as 1 or 1000 (default: as fast as possible)', numberAboveZero)
    .option('--print', 'print the events as NDJSON instead of sending them')
    .option('--key <key>', 'write key (default: NORTHSTAR_WRITE_KEY, or the stored one)')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const { productFolder } = readSettings()
      const { product, simulation: scenario } = loadSimulation(productFolder)
      if (!scenario) throw new Error(`${productFolder} has no simulation.yaml`, { cause: 'usage' })
      const weeks = scenario.active_users.length
      const launch = options.launch ?? (options.endNow ? launchEndingToday(Date.now(), product.timezone, weeks) : product.launch)
      const events = simulate(scenario, { seed: options.seed, weekStarts: weekStartsFrom(launch, product.timezone, weeks) })
      if (options.print) {
        for (const event of events) printJson(event)
        return
      }
      const target = targetOf(options)
      const { speed } = options
      const stream = speed === undefined ? events : atPace(events, { speed, now: Date.now, wait: ms => sleep(ms) })
      const result = await withProgress('Sending', events.length, progress =>
        sendEvents(target.url, target.key, stream, { onProgress: ({ accepted }) => progress.update(accepted) }),
      )
      report(result, options.json)
    })
}
