/** One round of one benchmark; sends the figures to its parent. */
import { guardRun } from '@northstar/testkit'
import type { Bench } from './figure.ts'

const guard = guardRun()
try {
  const { bench } = (await import(`./${process.argv[2]}.ts`)) as { bench: Bench }
  const figures = await bench()
  const { send } = process
  if (send) await new Promise(resolve => send.call(process, figures, resolve))
  else console.log(figures)
} finally {
  await guard.end()
}
process.exit()
