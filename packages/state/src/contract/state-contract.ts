import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StateConflict, type StateStore } from '../port.ts'

/** The contract of state stores, which each adapter runs on its real engine. Stores of one installation share their data. */
export function describeStateStore(name: string, setUp: () => Promise<{ open(): Promise<StateStore>; tearDown(): Promise<void> }>): void {
  describe(`${name} as a state store`, () => {
    let store: StateStore
    let installation: Awaited<ReturnType<typeof setUp>>
    beforeAll(async () => {
      installation = await setUp()
      store = await installation.open()
    })
    afterAll(async () => {
      await store?.close()
      await installation?.tearDown()
    })

    it('returns the value that was put, of any JSON type', async () => {
      for (const [i, value] of [null, 0, 'x y  z', 'žlutý 🐎 "\\\n\0', { a: [1, { b: false }] }, []].entries()) {
        const version = await store.put(`values/${i}`, value)
        expect(await store.get(`values/${i}`)).toEqual({ key: `values/${i}`, value, version })
      }
      expect(await store.get('values/none')).toBe(null)
    })

    it('returns growing versions, also after a delete', async () => {
      const first = await store.put('versions/a', 1)
      const second = await store.put('versions/a', 2)
      await store.delete('versions/a')
      const third = await store.put('versions/a', 3)
      expect(second).toBeGreaterThan(first)
      expect(third).toBeGreaterThan(second)
    })

    it('refuses a put that is based on an old version', async () => {
      const version = await store.put('conflicts/a', 1, { ifVersion: 0 })
      await expect(store.put('conflicts/a', 2, { ifVersion: 0 })).rejects.toBeInstanceOf(StateConflict)
      await store.put('conflicts/a', 2, { ifVersion: version })
      await expect(store.put('conflicts/a', 3, { ifVersion: version })).rejects.toMatchObject({
        code: 'state_conflict',
        key: 'conflicts/a',
      })
      await expect(store.delete('conflicts/a', { ifVersion: version })).rejects.toBeInstanceOf(StateConflict)
      expect((await store.get('conflicts/a'))?.value).toBe(2)
    })

    it('lets one of many win', async () => {
      const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => store.put('race', i, { ifVersion: 0 })))
      expect(tries.filter(t => t.status === 'fulfilled')).toHaveLength(1)
      const winner = tries.findIndex(t => t.status === 'fulfilled')
      expect((await store.get('race'))?.value).toBe(winner)
    })

    it('loses no increment between writers that try again', async () => {
      const increment = async (): Promise<void> => {
        for (;;) {
          const found = await store.get<number>('counter')
          try {
            await store.put('counter', (found?.value ?? 0) + 1, { ifVersion: found?.version ?? 0 })
            return
          } catch (error) {
            if (!(error instanceof StateConflict)) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 15 }, increment))
      expect((await store.get('counter'))?.value).toBe(15)
    })

    it('lists by prefix, in order', async () => {
      const keys = ['list/b', 'list/a', 'list/a/x', 'list/~', 'list2/a', 'lis', 'list/[*]?']
      for (const key of keys) await store.put(key, key)
      const found = await store.list<string>('list/')
      expect(found.map(d => d.key)).toEqual(['list/[*]?', 'list/a', 'list/a/x', 'list/b', 'list/~'])
      expect(found.every(d => d.value === d.key && d.version > 0)).toBe(true)
      await store.delete('list/a')
      await store.delete('list/never-was')
      expect((await store.list('list/a')).map(d => d.key)).toEqual(['list/a/x'])
      expect(await store.list('nothing/')).toEqual([])
    })

    it('lists thousands', async () => {
      await Promise.all(Array.from({ length: 2_500 }, (_, i) => store.put(`many/${String(i).padStart(5, '0')}`, i)))
      expect((await store.list<number>('many/')).map(d => d.value)).toEqual(Array.from({ length: 2_500 }, (_, i) => i))
    })

    it('writes several documents at once, all or none', async () => {
      const held = await store.acquire('lease/write', 'one', 60_000)
      const lease = { name: 'lease/write', token: held?.token ?? 0 }
      const before = await store.put('write/gone', 1)
      const changes = [{ key: 'write/a', value: { x: 'ž "1"' } }, { key: 'write/b', value: [] }, { key: 'write/gone' }]
      await store.write(changes, { lease })
      const found = await store.list('write/')
      expect(found.map(({ key, value }) => [key, value])).toEqual([
        ['write/a', { x: 'ž "1"' }],
        ['write/b', []],
      ])
      expect(found.every(({ version }) => version > before)).toBe(true)
      await store.write([{ key: 'write/c', value: null }])
      await store.write([])
      await store.acquire('lease/write', 'one', 60_000)
      await expect(store.write([{ key: 'write/a', value: 2 }, { key: 'write/b' }], { lease })).rejects.toBeInstanceOf(StateConflict)
      await expect(store.write([{ key: 'write/a', value: 2 }, { key: 'a b' }])).rejects.toBeInstanceOf(RangeError)
      expect((await store.list('write/')).map(({ value }) => value)).toEqual([{ x: 'ž "1"' }, [], null])
    })

    it('refuses invalid keys', async () => {
      for (const key of ['', 'a b', 'ž', '\u0000', 'x'.repeat(513)]) {
        await expect(store.put(key, 1)).rejects.toBeInstanceOf(RangeError)
        // The names of a request become parts of keys.
        expect(await store.get(key)).toBeNull()
      }
      await store.put('x'.repeat(512), 1)
    })

    it('grants a lease to one holder, and to the next once it is released', async () => {
      const first = await store.acquire('lease/a', 'one', 60_000)
      expect(first).not.toBe(null)
      expect(await store.acquire('lease/a', 'two', 60_000)).toBe(null)
      expect(await first?.renew()).toBe(true)
      await first?.release()
      const second = await store.acquire('lease/a', 'two', 60_000)
      expect(second?.token).toBeGreaterThan(first?.token ?? 0)
      expect(await first?.renew()).toBe(false)
      await first?.release()
      expect(await store.acquire('lease/a', 'one', 60_000)).toBe(null)
    })

    it('grants an expired lease to another holder, and fences the old one off', async () => {
      const old = await store.acquire('lease/b', 'one', 30)
      const lease = { name: 'lease/b', token: old?.token ?? 0 }
      await store.put('fenced', 'by one', { lease })
      let next = null
      while (next === null) next = await store.acquire('lease/b', 'two', 60_000)
      await expect(store.put('fenced', 'by the stale one', { lease })).rejects.toBeInstanceOf(StateConflict)
      await expect(store.delete('fenced', { lease })).rejects.toBeInstanceOf(StateConflict)
      await store.put('fenced', 'by two', { lease: { name: 'lease/b', token: next.token } })
      expect((await store.get('fenced'))?.value).toBe('by two')
    })

    it('grants a lease to its restarted holder at once, and fences the former token off', async () => {
      const before = await store.acquire('lease/c', 'one', 60_000)
      const after = await store.acquire('lease/c', 'one', 60_000)
      expect(after?.token).toBeGreaterThan(before?.token ?? 0)
      expect(await before?.renew()).toBe(false)
    })

    it('reports that it is healthy', async () => {
      expect((await store.health()).healthy).toBe(true)
    })

    it('keeps documents when it is opened again', async () => {
      const version = await store.put('kept', { yes: true })
      await store.close()
      await store.close()
      store = await installation.open()
      expect(await store.get('kept')).toEqual({ key: 'kept', value: { yes: true }, version })
      expect(await store.put('kept', 2)).toBeGreaterThan(version)
    })
  })
}
