import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface SendOrder {
  readonly url: string
  readonly writeKey: string
  readonly events: number
  /** Events a request. */
  readonly batch: number
  readonly connections: number
  /** As fast as it goes where it is absent. */
  readonly eventsPerSecond?: number
  /** The time that the events' timestamps cover, in order, until now. Default: each has the time at which it is sent. */
  readonly overSeconds?: number
}

export interface SendReport {
  readonly accepted: number
  readonly seconds: number
  /** What sending itself cost. */
  readonly cpuSeconds: number
}

const SENDER = fileURLToPath(new URL('sender.ts', import.meta.url))

/** Sends from another process. Resolves when every event has been accepted. */
export function sendLoad(order: SendOrder): Promise<SendReport> {
  const child = fork(SENDER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`the sender ended with ${code ?? signal}`)))
    child.once('message', report => resolve(report as SendReport))
    child.send(order)
  })
}
