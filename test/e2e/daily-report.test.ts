import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCalendar } from '@northstar/catalogue'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startEmbedded } from '../support/installation.ts'
import type { NativeEvent } from '../support/load.ts'
import { northstar } from '../support/northstar.ts'
import { copyProduct } from '../support/product-copy.ts'

/** The release guide's daily report of January 20. The simulated beta reproduces it line by line. */
const SAMPLE = `📊 Daily Report: Jan 20, 2026

**Active Weekly Users**: 250 (target: 250) ✅
**Downloads (yesterday)**: 52 (target: 50) ✅
**Commands generated (yesterday)**: 312

**Bugs**:
- New: 2 (P2: 1, P3: 1)
- Closed: 3 (P1: 1, P2: 2)
- Open: 12 (P0: 0, P1: 2, P2: 5, P3: 5)

**Health**:
- Error rate: 3.2% (target: <5%) ✅
- Crash rate: 0.05% (target: <0.1%) ✅
- Success rate: 87% (target: 85%) ✅

**Issues**:
- ⚠️  [P1] #128: Command timeout on slow networks (investigating)

**Action Items**:
- None
`

/** Notes for that day, as a file of the product folder. */
const NOTES = 'issues:\n  - "⚠️  [P1] #128: Command timeout on slow networks (investigating)"\n'

/** The two lines of the sample that contradict the guide's tables, with the lines that follow from the tables. */
const correctionsFor = (activeUsers: number): readonly (readonly [sample: string, line: string])[] => [
  // January 19 lies in week 1 (January 15 to 21), whose users and target are 150. The sample has those of week 2, two days before it begins.
  ['Active Weekly Users**: 250 (target: 250) ✅', `Active Weekly Users**: ${activeUsers} (5 of 7 days, target: 150)`],
  // 0.05% is one crash in 2,000. The day's 312 commands are no more than 312 sessions, and the guide's query divides by 250 users at most.
  ['Crash rate: 0.05% (target: <0.1%) ✅', 'Crash rate: 0% (target: <0.1%) ✅'],
]

test('the simulated beta reproduces the guide’s sample daily report of January 20, line by line', async () => {
  const launch = '2026-01-15'
  const product = await copyProduct({ launch })
  await mkdir(join(product.folder, 'notes'))
  await writeFile(join(product.folder, 'notes/daily-2026-01-20.yaml'), NOTES)
  const installation = await startEmbedded({ product })
  try {
    const sent = await installation.command(['simulate'])
    expect(sent.code, sent.stderr).toBe(0)
    await caughtUp(installation)
    const printed = await northstar(['simulate', '--print'], installation.env)
    const end = createCalendar({ timezone: 'America/New_York', launch }).startOf('2026-01-20')
    const users = printed.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as NativeEvent)
      .filter(({ event, timestamp }) => event === 'command_generated' && Date.parse(timestamp) < end)
      .map(({ user_id }) => user_id)
    const { stdout } = await installation.command(['report', 'daily', '--at', '2026-01-20', '--print'])
    const expected = correctionsFor(new Set(users).size).reduce((text, [sample, line]) => text.replace(sample, line), SAMPLE)
    expect(stdout.split('\n')).toEqual(expected.split('\n'))
  } finally {
    await installation.remove()
  }
}, 300_000)
