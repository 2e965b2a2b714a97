import { spawnProcess, tempFolder } from '@northstar/testkit'
import { expect, it } from 'vitest'
import { describeStateStore } from '../contract/state-contract.ts'
import { openEmbeddedState } from './index.ts'

describeStateStore('LMDB', async () => {
  const folder = await tempFolder('state')
  return { open: async () => openEmbeddedState({ path: folder.path }), tearDown: folder.remove }
})

it('keeps all that was acknowledged when its process is killed', async () => {
  const folder = await tempFolder('state')
  const script = `
    const { openEmbeddedState } = await import(process.argv[1])
    const store = openEmbeddedState({ path: process.argv[2] })
    for (let i = 0; ; i++) { await store.put('n/' + i, i); process.stdout.write(i + '\\n') }
  `
  try {
    // The built form: a plain Node reads no TypeScript.
    const built = new URL('../../dist/embedded/index.js', import.meta.url)
    const child = await spawnProcess(process.execPath, ['--input-type=module', '-e', script, built.href, folder.path])
    await child.line(/^50$/m)
    await child.kill()
    const acknowledged = Number(child.stdout.trim().split('\n').at(-1))
    const store = openEmbeddedState({ path: folder.path })
    const found = await store.list<number>('n/')
    expect(acknowledged).toBeGreaterThanOrEqual(50)
    for (let i = 0; i <= acknowledged; i++) expect(found.some(d => d.value === i)).toBe(true)
    await store.close()
  } finally {
    await folder.remove()
  }
})

it('a lease that was acquired by a clock that was ahead does not block others', async () => {
  const folder = await tempFolder('state')
  let now = Date.parse('2026-01-21T12:00:00Z')
  const store = openEmbeddedState({ path: folder.path }, { now: () => now })
  try {
    expect(await store.acquire('lease', 'one', 10_000)).not.toBe(null)
    expect(await store.acquire('lease', 'two', 5_000)).toBe(null)
    now -= 86_400_000
    expect(await store.acquire('lease', 'two', 5_000)).not.toBe(null)
  } finally {
    await store.close()
    await folder.remove()
  }
})

it('copies its documents into a folder where they can be opened', async () => {
  const [folder, target] = [await tempFolder('state'), await tempFolder('state-copy')]
  const store = openEmbeddedState({ path: folder.path })
  try {
    const version = await store.put('before', 1)
    await store.copyTo?.(target.path)
    await store.put('after', 2)
    const copy = openEmbeddedState({ path: target.path })
    expect(await copy.list('')).toEqual([{ key: 'before', value: 1, version }])
    expect(await copy.put('next', 3)).toBeGreaterThan(version)
    await copy.close()
  } finally {
    await store.close()
    await Promise.all([folder.remove(), target.remove()])
  }
})
