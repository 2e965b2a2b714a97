import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Installation, startEmbedded, WRITE_KEY } from '../support/installation.ts'
import { ROOT } from '../support/northstar.ts'

const EXAMPLES = join(ROOT, 'deploy/examples')

/** Tool chains that CI does not install; what cannot be built is named and not run. */
function hasTool(name: string): boolean {
  try {
    execFileSync(name, name === 'go' ? ['version'] : ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`\nNOT RUN, for lack of ${name}: its example in deploy/examples\n`)
    return false
  }
}

/** Whether the crates that the example names are here or can be fetched. */
function hasCrates(): boolean {
  if (!hasTool('cargo')) return false
  try {
    execFileSync('cargo', ['fetch', '--quiet', '--locked'], { cwd: join(EXAMPLES, 'rust'), stdio: 'ignore', timeout: 120_000 })
    return true
  } catch {
    process.stderr.write('\nNOT RUN, since crates cannot be fetched: the Rust example in deploy/examples\n')
    return false
  }
}

interface LoggedEvent {
  /** The identity of the event, which a repeat has as well. */
  readonly id: string
  readonly event: string
  readonly user_id?: string
  readonly [property: string]: unknown
}

describe('the examples against a running product', () => {
  let installation: Installation
  let home: TempFolder

  beforeAll(async () => {
    ;[installation, home] = await Promise.all([startEmbedded(), tempFolder('examples')])
  })
  afterAll(async () => {
    await installation?.remove()
    await home?.remove()
  })

  /** Runs a program with a home folder of the test; resolves with its output. */
  function run(command: string, args: readonly string[], input = '', more: Readonly<Record<string, string>> = {}): Promise<string> {
    const { XDG_STATE_HOME: _, XDG_CONFIG_HOME: __, DO_NOT_TRACK: ___, ...rest } = process.env
    const env = { ...rest, HOME: home.path, NORTHSTAR_URL: installation.ingest, NORTHSTAR_WRITE_KEY: WRITE_KEY, ...more }
    const child = spawn(command, args, { env, cwd: home.path })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    return new Promise((resolve, reject) => child.once('error', reject).once('close', () => resolve(output)))
  }

  /** The events of the log, each once: a program that got no answer in time sends the same events again. */
  async function logged(): Promise<readonly LoggedEvent[]> {
    const { stdout, stderr } = await installation.command(['log', '--limit', '1000'])
    expect(stderr).toBe('')
    const events = stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as LoggedEvent)
    return [...new Map(events.map(event => [event.id, event])).values()]
  }

  test('the install script reports a download, and none with DO_NOT_TRACK', async () => {
    const script = join(EXAMPLES, 'shell/install.sh')
    await run('sh', [script], '', { DO_NOT_TRACK: '1' })
    expect(await logged()).toEqual([])
    await run('sh', [script])
    expect(await logged()).toMatchObject([{ event: 'downloads', platform: 'linux', channel: 'website', version: '1.1.0' }])
  })

  test.runIf(hasTool('python3'))('Python: events, and a crash without message and folders', async () => {
    const program = join(EXAMPLES, 'python/northstar_example.py')
    expect(await run('python3', [program])).toBe('')
    await run('python3', [program, 'crash'])
    const events = await logged()
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['command_generated', 'feature_used', 'crash']))
    const crash = events.find(({ event }) => event === 'crash')
    expect(crash?.stack_trace).toMatch(/^RuntimeError\n {2}at <module> \(northstar_example\.py:\d+\)$/)
  })

  test.runIf(hasTool('go'))(
    'Go: events',
    async () => {
      const binary = join(home.path, 'go-example')
      execFileSync('go', ['build', '-o', binary, '.'], { cwd: join(EXAMPLES, 'go') })
      const before = (await logged()).length
      expect(await run(binary, [])).toBe('')
      expect((await logged()).slice(before).map(({ event }) => event)).toEqual(['command_generated', 'command_generation_latency'])
    },
    180_000,
  )

  // The build takes half a minute: TLS is most of it.
  test.runIf(hasCrates())(
    'Rust: consent, commands, the survey after ten of them, a crash',
    async () => {
      const target = join(home.path, 'target')
      const env = { ...process.env, CARGO_TARGET_DIR: target }
      execFileSync('cargo', ['build', '--quiet', '--locked'], { cwd: join(EXAMPLES, 'rust'), env, stdio: 'inherit' })
      const binary = join(target, 'debug/northstar-example')
      const before = (await logged()).length
      expect(await run(binary, ['list files'], 'y\n')).toContain('sends anonymous usage data, from the next run on')
      expect(await run(binary, ['telemetry', 'preview'])).toContain('"command_generated"')
      expect((await logged()).length).toBe(before)
      for (let i = 0; i < 9; i++) await run(binary, ['list files'], 'y\n5\n')
      await run(binary, ['what is this'])
      await run(binary, ['crash'])
      const events = await eventually(
        async () => {
          // Each run sends what waits.
          await run(binary, ['telemetry', 'status'])
          const sent = (await logged()).slice(before)
          return sent.length >= 40 && sent
        },
        { timeoutMs: 60_000, what: 'the events of all runs' },
      )
      const count = (name: string) => events.filter(({ event }) => event === name).length
      expect(count('command_generated')).toBe(9)
      expect(count('command_feedback')).toBe(9)
      expect(count('memory_usage')).toBe(9)
      expect(count('command_generation_latency')).toBe(10)
      expect(count('command_generation_error')).toBe(1)
      expect(count('satisfaction_survey')).toBe(1)
      expect(events.find(({ event }) => event === 'crash')?.stack_trace).toMatch(/^panic at main\.rs:\d+:\d+$/)
      await run(binary, ['telemetry', 'disable'])
      await run(binary, ['list files'], 'y\n')
      expect((await logged()).length).toBe(before + events.length)
    },
    300_000,
  )
})
