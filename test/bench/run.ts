/** `npm run bench [-- NAME…] [--rounds N] [--save]`: measures, and prints medians next to the stored baseline. Never a verdict. */
import { fork } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { calibrate } from './calibration.ts'
import { type Figure, median, moreIsBetter } from './figure.ts'

const BENCHES = [
  'ingest',
  'hostile',
  'counters',
  'warehouse',
  'end-to-end',
  'day',
  'latency',
  'idle',
  'flat',
  'rules',
  'storm',
  'memory',
  'catalogue',
  'product-files',
  'page',
] as const
/** Units whose values depend on how fast the host is. */
const TIMES = new Set<Figure['unit']>(['events/s', 'µs/event', 'ms'])
const BASELINE = fileURLToPath(new URL('baseline.json', import.meta.url))

interface Stored {
  readonly value: number
  readonly unit: Figure['unit']
  /** The calibration of its run: CPU µs of one parse with one core in use. */
  readonly parse?: number
}

interface Baseline {
  readonly machine: string
  readonly figures: Readonly<Record<string, Stored>>
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, save: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = positionals.filter(name => !BENCHES.some(bench => bench === name))
if (unknown.length > 0) throw new Error(`no such benchmark: ${unknown.join(', ')}; there are ${BENCHES.join(', ')}`)

const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, Node ${process.version}`
const wanted = BENCHES.filter(name => positionals.length === 0 || positionals.includes(name))
const rounds = Number(values.rounds)
const calibrations = [await calibrate()]
const measured = new Map<string, { unit: Figure['unit']; values: number[] }>()
for (const name of wanted) {
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`${name}, round ${round} of ${rounds} …\n`)
    for (const { name: figure, unit, value } of await measure(name)) {
      const there = measured.get(figure) ?? { unit, values: [] }
      there.values.push(value)
      measured.set(figure, there)
    }
  }
  calibrations.push(await calibrate())
}
const alone = median(calibrations.map(each => each.alone))
const together = median(calibrations.map(each => each.together))
const baseline = await readBaseline()
print(baseline)
if (values.save) await save(baseline)

/** Each round in a process of its own: none profits from what another has warmed up. */
function measure(name: string): Promise<readonly Figure[]> {
  const child = fork(fileURLToPath(new URL('one.ts', import.meta.url)), [name])
  return new Promise((resolve, reject) => {
    let figures: readonly Figure[] | undefined
    child.once('error', reject)
    child.once('message', message => {
      figures = message as readonly Figure[]
    })
    child.once('exit', code => (figures ? resolve(figures) : reject(new Error(`the benchmark ${name} ended with ${code}`))))
  })
}

async function readBaseline(): Promise<Baseline> {
  try {
    return JSON.parse(await readFile(BASELINE, 'utf8')) as Baseline
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { machine, figures: {} }
  }
}

function print(stored: Baseline): void {
  const rows = [...measured].map(([name, { unit, values: all }]) => {
    const value = median(all)
    const base = stored.figures[name]
    const ratio = base === undefined ? NaN : betterBy(value, base)
    return [
      name,
      `${shown(value)} ${unit}`,
      multiple(value, unit),
      base ? shown(base.value) : '–',
      Number.isNaN(ratio) ? '–' : `${ratio.toFixed(2)}×`,
    ]
  })
  const table = [['', `median of ${rounds}`, 'parses', 'baseline', 'better by'], ...rows]
  const widths = [0, 1, 2, 3, 4].map(column => Math.max(...table.map(row => row[column]?.length ?? 0)))
  console.log(`\n${machine}${stored.machine === machine ? '' : ` (baseline: ${stored.machine})`}`)
  console.log(`calibration: parsing an event takes ${alone.toFixed(2)} µs on one core, ${together.toFixed(2)} µs with all cores in use\n`)
  for (const row of table)
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
}

/** How much better a value is than the stored one, had that been measured on a host as fast as this one. */
function betterBy(value: number, { value: before, unit, parse }: Stored): number {
  const slower = parse !== undefined && TIMES.has(unit) ? alone / parse : 1
  return moreIsBetter(unit) ? (value * slower) / before : (before * slower) / value
}

/** CPU as a multiple of what parsing an event takes here: comparable between hosts. */
function multiple(value: number, unit: Figure['unit']): string {
  return unit === 'µs/event' ? (value / alone).toFixed(2) : '–'
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

async function save(stored: Baseline): Promise<void> {
  const figures = Object.fromEntries(
    [...measured].map(([name, { unit, values: all }]) => [
      name,
      { value: Number(median(all).toPrecision(4)), unit, parse: Number(alone.toPrecision(3)) },
    ]),
  )
  await writeFile(BASELINE, `${JSON.stringify({ machine, figures: { ...stored.figures, ...figures } }, null, 2)}\n`)
}
