import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const EMBEDDED = new URL('../../dist/embedded/index.js', import.meta.url)

/** Runs in its own process, from the built package: inserts batches from stdin until it is killed or stdin ends. */
const WRITER = `
import { createInterface } from 'node:readline'
const { openEmbeddedWarehouse } = await import(${JSON.stringify(EMBEDDED.href)})
const warehouse = await openEmbeddedWarehouse({ folder: process.argv[1] })
for await (const line of createInterface({ input: process.stdin })) {
  const { number, token, block } = JSON.parse(line)
  process.stdout.write('begun ' + number + '\\n')
  await warehouse.insertBlock('events', Buffer.from(block, 'base64'), token)
  process.stdout.write('acknowledged ' + number + '\\n')
}
await warehouse.close()
`

export interface CrashOptions {
  readonly folder: string
  readonly batch: (number: number) => { readonly token: string; readonly block: Uint8Array }
  /** The first batch to send. */
  readonly from: number
  /** The process is killed `delayMs` after the start of the batch that follows this number of acknowledged ones. */
  readonly after: number
  readonly delayMs: number
}

/**
 * Inserts batches until the kill.
 * @returns the number of the first batch that was not acknowledged
 */
export async function insertUntilKilled({ folder, batch, from, after, delayMs }: CrashOptions): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, folder], { stdio: 'pipe' })
  const exited = once(child, 'exit')
  child.stdin.on('error', () => {})
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  let next = from
  let killing = false
  const send = (number: number) => {
    const { token, block } = batch(number)
    child.stdin.write(`${JSON.stringify({ number, token, block: Buffer.from(block).toString('base64') })}\n`)
  }
  send(next)
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, number] = line.split(' ')
    if (word === 'begun' && Number(number) === from + after && !killing) {
      killing = true
      setTimeout(() => child.kill('SIGKILL'), delayMs)
    } else if (word === 'acknowledged') {
      next = Number(number) + 1
      send(next)
    }
  }
  const [code, signal] = await exited
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself (${code ?? signal}): ${errors}`)
  return next
}
