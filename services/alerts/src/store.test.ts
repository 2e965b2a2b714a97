import { StateConflict } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { tempFolder } from '@northstar/testkit'
import { expect, it } from 'vitest'
import { type Delivery, GROUPS, type GroupDocument, OUTBOX, type OutboxItem } from './documents.ts'
import { createLeadership } from './leadership.ts'
import { createAlertStore } from './store.ts'

it('the end of a group’s last message does not delete the group that a turn begins meanwhile', async () => {
  const folder = await tempFolder('alert-store')
  const state = openEmbeddedState({ path: folder.path })
  try {
    const leadership = createLeadership({ state, name: 'alerts', holder: 'one', leaseMs: 60_000, now: Date.now })
    await leadership.hold()
    const store = createAlertStore(state, leadership)
    const item = (createdAt: number) => ({ id: `m${createdAt}`, step: { group: 'g', createdAt, seq: 0 } }) as OutboxItem
    const group = (createdAt: number): GroupDocument => ({ key: 'g', createdAt, seq: 1, group: null })
    const none = { rules: new Map(), digests: [] }
    await store.persistOutcomes({ ...none, messages: [{ number: 0, item: item(1) }], groups: new Map([['g', group(1)]]) })
    const ended = store.persistEnd({ number: 0, item: item(1) }, { id: 'm1', at: 1 } as Delivery, 'g')
    await store.persistOutcomes({ ...none, messages: [{ number: 1, item: item(2) }], groups: new Map([['g', group(2)]]) })
    await ended
    expect((await state.list<GroupDocument>(GROUPS)).map(({ value }) => value.createdAt)).toEqual([2])
    expect((await state.list<OutboxItem>(OUTBOX)).map(({ value }) => value.id)).toEqual(['m2'])
  } finally {
    await state.close()
    await folder.remove()
  }
})

it('a lease that runs out during a long write is renewed unless another replica has taken it', async () => {
  const folder = await tempFolder('alert-store')
  let time = 0
  const now = () => time
  const state = openEmbeddedState({ path: folder.path }, { now })
  try {
    const leadership = createLeadership({ state, name: 'alerts', holder: 'one', leaseMs: 10_000, now })
    const store = createAlertStore(state, leadership)
    const nothing = { rules: new Map(), digests: [], messages: [], groups: new Map() }
    expect(await leadership.hold()).toBe('gained')
    time += 60_000
    expect(await store.persistOutcomes(nothing)).toBe(false)
    expect(leadership.isValid()).toBe(true)
    time += 60_000
    expect(await state.acquire('alerts', 'two', 10_000)).not.toBe(null)
    await expect(store.persistOutcomes(nothing)).rejects.toThrow(StateConflict)
  } finally {
    await state.close()
    await folder.remove()
  }
})
