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
import { findProgram } from '../support/programs.ts'
import { createRandom, SEED } from '../support/random.ts'
import { completions } from './completions.ts'
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

    test('no output has a control character that a sender wrote', async () => {
      const { installation, events, verify } = underway()
      const made = createEvents('hostile-text', createRandom(SEED + 3))()
      const properties = { platform: 'linux', version: '1.0.9', stack_trace: 'at main \u001b[2J\u009b31m\u202e(main.rs)' }
      const hostile = { ...made, event: 'crash', properties }
      const since = new Date().toISOString()
      const sent = await installation.command(['send', '--json'], `${JSON.stringify(hostile)}\n`)
      expect(sent.code, sent.stdout).toBe(0)
      events.push(hostile)
      await caughtUp(installation)
      const log = await installation.command(['log', '--from', since])
      expect(JSON.parse(log.stdout)).toMatchObject({ stack_trace: properties.stack_trace })
      const statement = "SELECT stack_trace FROM events WHERE event = 'crash' AND stack_trace LIKE '%main.rs%'"
      const outputs = [log, await installation.command(['sql', statement]), await installation.command(['sql', statement, '--json'])]
      for (const { code, stdout, stderr } of outputs) {
        expect(code, stderr).toBe(0)
        expect(stdout).toContain('main.rs')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be absent
        expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
      }
      await verify()
    }, 60_000)

    test.each(['bash', 'zsh', 'fish'])(
      '%s completes commands, options, their values and the names of metrics',
      async shell => {
        const program = findProgram(shell, 'test/e2e/command-line.ts')
        if (program === undefined) return
        const { installation } = underway()
        const complete = (line: string) => completions(program, line, { ...installation.env, NORTHSTAR_URL: installation.query })
        expect(await complete('northstar que')).toEqual(['query'])
        expect(await complete('northstar query downl')).toEqual(['downloads'])
        expect(await complete('northstar query downloads --comp')).toEqual(['--compare'])
        expect(await complete('northstar alerts silence --comm')).toEqual(['--comment'])
        expect(await complete('northstar sql --format p')).toEqual(['parquet'])
      },
      120_000,
    )

    test('a sign-in link is at the address of the command, and works once', async () => {
      const { installation } = underway()
      const { stdout } = await installation.command(['open', '--json', '--url', installation.query])
      const { url } = JSON.parse(stdout) as { url: string }
      expect(url).toMatch(new RegExp(`^${installation.query}/welcome/`))
      const token = url.slice(url.lastIndexOf('/') + 1)
      const use = async () => {
        const headers = { 'content-type': 'application/json' }
        return fetch(`${installation.query}/v1/session/link`, { method: 'POST', headers, body: JSON.stringify({ token }) })
      }
      // Previews of chats open the page, which uses nothing.
      expect((await fetch(url)).status).toBe(200)
      expect((await use()).headers.get('set-cookie')).toContain('northstar')
      expect((await use()).status).toBe(401)
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
