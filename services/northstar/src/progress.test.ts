import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const BUILT = fileURLToPath(new URL('../dist/progress.js', import.meta.url))

/** A command that shows a bar on a terminal until it is ended. @param before code that runs first */
const command = (before = '') => `
  process.stderr.isTTY = true
  ${before}
  const { withProgress } = await import(${JSON.stringify(BUILT)})
  await withProgress('Sending', 10, () => new Promise(resolve => {
    process.on('SIGUSR2', resolve)
    setInterval(() => {}, 1_000)
    console.log('started')
  }))
  process.exit(7)`

async function run(code: string, signals: readonly NodeJS.Signals[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] })
  let shown = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (shown += text))
  for (const signal of signals) {
    await once(child.stdout, 'data')
    child.kill(signal)
  }
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { exitCode, signal, shown }
}

const SHOW_CURSOR = '\u001b[?25h'

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a command that shows a bar, and the cursor is visible again', async signal => {
  const ended = await run(command(), [signal])
  expect(ended).toMatchObject({ exitCode: null, signal })
  expect(ended.shown).toContain(SHOW_CURSOR)
})

test('a process with handlers of its own ends by itself', async () => {
  const handler = `process.on('SIGINT', () => console.log('stopping'))`
  expect(await run(command(handler), ['SIGINT', 'SIGUSR2'])).toMatchObject({ exitCode: 7, signal: null })
})

test('work that fails leaves the cursor visible', async () => {
  const code = `
    process.stderr.isTTY = true
    const { withProgress } = await import(${JSON.stringify(BUILT)})
    await withProgress('Sending', 10, () => Promise.reject(new Error('refused'))).catch(() => process.exit(7))`
  const ended = await run(code, [])
  expect(ended.exitCode).toBe(7)
  expect(ended.shown).toContain(SHOW_CURSOR)
})
