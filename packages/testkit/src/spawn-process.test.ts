import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { spawnProcess } from './spawn-process.ts'

const node = (code: string) => spawnProcess(process.execPath, ['-e', code])
const lives = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('waits for a line, freezes, thaws and stops in order', async () => {
  const child = await node(
    `let n = 0; setInterval(() => console.log('tick', n++), 5); process.on('SIGTERM', () => { console.log('bye'); process.exit(0) })`,
  )
  expect((await child.line(/tick (\d+)/))[1]).toBeDefined()
  child.freeze()
  // Stopping thaws it first, since a frozen process hears no SIGTERM.
  expect(await child.stop()).toEqual({ code: 0, signal: null })
  expect(child.stdout).toContain('bye')
  expect(lives(child.pid)).toBe(false)
})

test('a process that ends too early is an error with its output', async () => {
  const child = await node(`console.error('no such product'); process.exit(3)`)
  await expect(child.line(/ready/)).rejects.toThrow(/ended with 3 before it wrote \/ready\/[\s\S]*no such product/)
})

test('stop kills a process that ignores SIGTERM; kill kills at once', async () => {
  const deaf = await node(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e3)`)
  await deaf.line(/up/)
  expect(await deaf.stop(50)).toEqual({ code: null, signal: 'SIGKILL' })
  const other = await node(`setInterval(() => {}, 1e3)`)
  expect(await other.kill()).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a command that is not there rejects', async () => {
  await expect(spawnProcess('no-such-command', [])).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(eventually(() => false, { timeoutMs: 20, what: 'a miracle' })).rejects.toThrow('a miracle did not hold within 20 ms')
})
