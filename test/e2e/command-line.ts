import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Calendar } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import { describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import type { Installation } from '../support/installation.ts'
import { createEvents, type NativeEvent } from '../support/load.ts'
import { northstar, startNorthstar } from '../support/northstar.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import type { Point } from './expected.ts'

/** The product under test, with the four weeks sent. */
export interface Underway {
  readonly installation: Installation
  readonly product: ProductCopy
  readonly calendar: Calendar
  readonly rows: readonly Row[]
  /** Epoch ms. */
  readonly launch: number
  readonly over: number
  /** Events sent so far; tests that send more add to it. */
  readonly events: NativeEvent[]
  verify(): Promise<unknown>
}

const COMMANDS = ['up', 'serve', 'migrate', 'check', 'send', 'simulate', 'query', 'verify', 'rebuild', 'log']

/** The commands, as a user types them. */
export function describeCommandLine(underway: () => Underway): void {
  describe('the command line', () => {
    test('prints a metric as JSON, CSV or a table', async () => {
      const { installation, product, calendar, rows, launch, over } = underway()
      const question = ['query', 'downloads', '--period', 'week', '--from', product.catalogue.product.launch, '--to', calendar.date(over)]
      const weeks = calendar.spans('week', launch, over)
      const wanted = weeks.map(
        span => rows.filter(row => row.event === 'downloads' && row.timestamp >= span.from && row.timestamp < span.to).length,
      )
      expect(wanted).toEqual([200, 150, 120, 100])

      const json = await installation.command([...question, '--json'])
      expect((JSON.parse(json.stdout) as { points: readonly Point[] }).points.map(point => point.value)).toEqual(wanted)
      const csv = await installation.command([...question, '--format', 'csv', '--by', 'channel'])
      const [head = '', ...lines] = csv.stdout.trimEnd().split('\r\n')
      expect(head).toMatch(/^from,channel,value,sample.*,to,complete$/)
      expect(lines.filter(line => Number.isNaN(Date.parse(line.split(',')[0] ?? '')))).toEqual([])
      expect(lines.filter(line => line.split(',')[1] === 'website').map(line => Number(line.split(',')[2]))).toEqual([100, 75, 60, 50])
      const table = await installation.command(question)
      expect(table.stdout.split('\n')[0]).toMatch(/^from +value +sample +target/)
      expect(table.stdout).toContain('downloads (count) by week, America/New_York')
      expect([json.code, csv.code, table.code]).toEqual([0, 0, 0])

      const all = await installation.command(['query', '--json'])
      expect(all.stdout).toContain('active_weekly_users')
      const mistyped = await installation.command(['query', 'dowloads'])
      expect(mistyped.code).toBe(2)
      for (const wrong of [
        ['log', '--from', 'soon'],
        ['verify', '--from', 'soon'],
      ]) {
        const { code, stderr } = await installation.command(wrong)
        expect(code, stderr).toBe(2)
        expect(stderr).toContain('`from`: expected')
      }
      expect(mistyped.stderr).toContain('dowloads')
    }, 60_000)

    test('checks a product folder', async () => {
      const { installation } = underway()
      const good = await installation.command(['check'])
      expect(good.code, good.stdout).toBe(0)
      // The channels' secrets have no values here.
      expect((await installation.command(['check', '--strict'])).code).toBe(1)
      const other = await copyProduct()
      try {
        await writeFile(join(other.folder, 'product.yaml'), 'name: Not A Word\n')
        const bad = await installation.command(['check', other.folder, '--json'])
        expect(bad.code).toBe(1)
        expect(JSON.parse(bad.stdout).problems[0]).toMatchObject({ file: 'product.yaml', line: 1 })
      } finally {
        await other.remove()
      }
    }, 60_000)

    test('sends events from a file and from stdin', async () => {
      const { installation, events, verify } = underway()
      const made = createEvents('sent-by-hand', createRandom(SEED + 1))
      const [first, second, third] = [made(), made(), made()]
      const folder = await mkdtemp(join(tmpdir(), 'northstar-send-'))
      const file = join(folder, 'events.ndjson')
      const lines = (list: readonly unknown[]) => list.map(event => `${JSON.stringify(event)}\n`).join('')
      await writeFile(file, lines([first, { ...second, event: 'comand_generated' }, second]))
      const fromFile = await installation.command(['send', file, '--json'])
      expect(fromFile.code).toBe(1)
      expect(JSON.parse(fromFile.stdout)).toMatchObject({ accepted: 2, rejected: 1, rejections: [{ index: 1, code: 'unknown_event' }] })
      const fromStdin = await installation.command(['send', '--json'], lines([first, third]))
      expect(fromStdin.code, fromStdin.stderr).toBe(0)
      expect(JSON.parse(fromStdin.stdout)).toMatchObject({ accepted: 2, rejected: 0 })
      events.push(first, second, third)
      await caughtUp(installation)
      await verify()
    }, 60_000)

    test('prints the events of the log as NDJSON, whole or in part', async () => {
      const { installation, events } = underway()
      const made = createEvents('in-the-log', createRandom(SEED + 2))
      const sent = [made(), made(), made()]
      const since = new Date().toISOString()
      await installation.command(['send', '--json'], sent.map(event => `${JSON.stringify(event)}\n`).join(''))
      events.push(...sent)
      const { code, stdout } = await installation.command(['log', '--from', since])
      expect(code).toBe(0)
      const printed = stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>)
      const figures = (event: unknown, timestamp: unknown, platform: unknown) => `${event} ${Date.parse(String(timestamp))} ${platform}`
      expect(printed.map(({ event, timestamp, platform }) => figures(event, timestamp, platform)).toSorted()).toEqual(
        sent.map(({ event, timestamp, properties }) => figures(event, timestamp, properties.platform)).toSorted(),
      )
      for (const { partition, offset, user_id } of printed) {
        expect([typeof partition, typeof offset]).toEqual(['number', 'number'])
        expect(user_id).not.toContain('user')
      }
      const [first] = printed
      const one = await installation.command(['log', '--partition', `${first?.partition}`, '--from', `${first?.offset}`, '--limit', '1'])
      expect(one.stdout).toBe(`${JSON.stringify(first)}\n`)
    }, 60_000)

    test('following the log ends at a signal, without a message', async () => {
      const { installation } = underway()
      const follow = await startNorthstar(['log', '--follow'], { ...installation.env, NORTHSTAR_URL: installation.query })
      await follow.line(/"event":/)
      follow.signal('SIGINT')
      expect(await follow.exited).toMatchObject({ signal: 'SIGINT' })
      expect(follow.output).toBe(follow.stdout)
    }, 60_000)

    test.each(COMMANDS)('%s --help describes the command', async command => {
      const { code, stdout } = await northstar([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: northstar ${command}`)
    })

    test('without a running Northstar it reports that and fails', async () => {
      const { code, stderr } = await northstar(['query'], {
        NORTHSTAR_URL: 'http://127.0.0.1:9',
        NORTHSTAR_ADMIN_TOKEN: 'a-token-of-thirty-two-characters-',
      })
      expect(code).toBe(4)
      expect(stderr).toContain('cannot reach Northstar')
    })
  })
}
