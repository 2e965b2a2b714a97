/** A fixed amount of work by which figures of different hosts, and of different hours of one host, are compared. */
import { fork } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { median } from './figure.ts'

const EVENT = JSON.stringify({
  event: 'command_generated',
  id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  timestamp: '2026-02-01T12:00:00.000Z',
  user_id: 'user-1234',
  session_id: 'session-1234-1',
  properties: { category: 'file_management', platform: 'linux', version: '1.4.2', duration_ms: 812.5, success: true },
})
const PARSES = 300_000

export interface Calibration {
  /** CPU µs to parse the event, with one core in use. */
  readonly alone: number
  /** The same with all cores in use. */
  readonly together: number
}

export async function calibrate(): Promise<Calibration> {
  const [alone = Number.NaN] = await parseIn(1)
  return { alone, together: median(await parseIn(cpus().length)) }
}

/** Parses in so many processes at once. */
function parseIn(processes: number): Promise<readonly number[]> {
  const file = fileURLToPath(import.meta.url)
  const one = () =>
    new Promise<number>((resolve, reject) => {
      const child = fork(file, ['parse'])
      child.once('message', micros => resolve(Number(micros)))
      child.once('error', reject)
    })
  return Promise.all(Array.from({ length: processes }, one))
}

function parse(): number {
  let sum = 0
  const before = process.cpuUsage()
  for (let i = 0; i < PARSES; i++) sum += (JSON.parse(EVENT) as { event: string }).event.length
  const { user, system } = process.cpuUsage(before)
  if (sum !== PARSES * 'command_generated'.length) throw new Error('the event was not parsed')
  return (user + system) / PARSES
}

if (process.argv[2] === 'parse') process.send?.(parse())
