import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { coverageByCategory, readCoverage } from '@northstar/collectors'
import type { CollectorsAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer, printJson } from '../print.ts'
import { sendEvents } from '../simulate/index.ts'
import { formatTable } from '../table.ts'
import { report, targetOf } from './send.ts'

/** Variables with the commit in CI pipelines. */
const COMMITS = ['GITHUB_SHA', 'CI_COMMIT_SHA', 'BUILDKITE_COMMIT', 'CIRCLE_SHA1'] as const

interface SampleOptions {
  readonly event: string
  readonly commit?: string
  readonly key?: string
  readonly print?: boolean
  readonly json?: boolean
}

type Sample = Readonly<Record<string, string | number | undefined>>

const pipelineSteps = (command: string) => `
To paste into a pipeline of GitHub Actions (elsewhere the same commands and variables), with the clone that has this command:
  - uses: actions/checkout@v4
    with: { repository: OWNER/NORTHSTAR, path: northstar }
  - run: npm ci --prefix northstar && npm run build --prefix northstar
  - run: northstar/node_modules/.bin/northstar collect ${command}
    env: { NORTHSTAR_URL: "https://northstar.example", NORTHSTAR_WRITE_KEY: "\${{ secrets.NORTHSTAR_WRITE_KEY }}" }

Repeated runs for the same commit count once.`

export function collectCommand(): Command {
  return new Command('collect')
    .description('Sends measurements from CI pipelines, and shows the collectors of collectors.yaml.')
    .addCommand(coverageCommand())
    .addCommand(sizeCommand())
    .addCommand(statusCommand())
}

const withSampleOptions = (command: Command, event: string) =>
  command
    .option('--event <name>', 'event of the tracking plan', event)
    .option('--commit <sha>', `the measured commit (default: ${COMMITS.join(', ')})`)
    .option('--key <key>', 'write key (default: NORTHSTAR_WRITE_KEY, or the stored one)')
    .option('--print', 'print the events and send nothing')
    .option('--json', 'print JSON')

function coverageCommand(): Command {
  return withSampleOptions(new Command('coverage'), 'test_coverage')
    .description('Sends the test coverage of an lcov or Cobertura report, overall and by category.')
    .argument('<file>', 'the report')
    .option('--category <name=pattern>', 'a category of files, such as safety=src/safety/** (repeatable)', addCategory)
    .addHelpText('after', pipelineSteps("coverage coverage.lcov --category 'safety=src/safety/**' --category 'core=src/core/**'"))
    .action(async (file: string, options: SampleOptions & { category?: Map<string, string[]> }) => {
      const content = await readFile(file)
      const shares = coverageByCategory(readCoverage(content.toString('utf8')), options.category ?? new Map(), process.cwd())
      await send(
        [...shares].map(([category, value]) => ({ category, value })),
        content,
        options,
      )
    })
}

function sizeCommand(): Command {
  return withSampleOptions(new Command('size'), 'binary_size')
    .description('Sends the size of a file, such as the release binary, in bytes.')
    .argument('<file>', 'the file')
    .option('--platform <name>', 'the platform that it is for')
    .option('--release <version>', 'the version that it is of')
    .addHelpText('after', pipelineSteps('size target/release/app --platform linux'))
    .action(async (file: string, options: SampleOptions & { platform?: string; release?: string }) => {
      const { size } = await stat(file)
      const { platform, release: version } = options
      await send([{ value: size, platform, version }], String(size), options)
    })
}

const NO_COLLECTORS = 'No collectors are configured: declare them in collectors.yaml of the product folder.'

function statusCommand(): Command {
  return new Command('status')
    .description('Lists collectors with their last complete runs and failures. Exits 1 while values of a collector are unknown.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const answer = await callApi<CollectorsAnswer>(readSettings(), '/v1/collectors')
      const rows = answer.collectors.map(({ name, type, next_at, fresh_at, wait_until, failing, unknown }) => ({
        collector: name,
        type,
        next: wait_until ?? next_at,
        complete: fresh_at,
        problem: unknown ?? failing?.problem ?? null,
      }))
      const off = answer.off.map(({ name, missing }) => `${name} is off: set ${missing.join(', ')}`)
      const listed = rows.length > 0 ? [formatTable(rows)] : [off.length > 0 ? 'No collector is on.' : NO_COLLECTORS]
      printAnswer(answer, options.json, () => [...listed, ...off].join('\n'))
      if (answer.collectors.some(({ unknown }) => unknown !== null)) process.exitCode = 1
    })
}

function addCategory(given: string, categories = new Map<string, string[]>()): Map<string, string[]> {
  const [, name = '', pattern = ''] = /^([A-Za-z][\w-]{0,63})=(.+)$/.exec(given) ?? []
  if (name === '' || name === 'overall') throw new InvalidArgumentError('Expected NAME=PATTERN; "overall" is always sent.')
  return categories.set(name, [...(categories.get(name) ?? []), pattern])
}

/** Sends one event for each sample. Its id is derived from the commit, or else from the content and the day. */
async function send(samples: readonly Sample[], content: Uint8Array | string, options: SampleOptions): Promise<void> {
  const { environment } = readSettings()
  const commit = options.commit ?? COMMITS.map(name => environment[name]).find(value => value)
  const now = new Date()
  const measured = commit ?? `${createHash('sha256').update(content).digest('hex')} ${now.toISOString().slice(0, 10)}`
  const events = samples.map(({ value, ...labels }) => ({
    event: options.event,
    id: createHash('sha256')
      .update(JSON.stringify([options.event, measured, labels]))
      .digest('hex'),
    timestamp: now.toISOString(),
    properties: { ...labels, value },
  }))
  if (options.print) for (const event of events) printJson(event)
  else {
    const { url, key } = targetOf(options)
    report(await sendEvents(url, key, events, { attempts: 5 }), options.json)
  }
}
