import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedState } from './embedded/index.ts'
import { StateConflict, type StateStore } from './port.ts'
import { sealDocuments } from './sealed.ts'

const secret = Buffer.alloc(32, 7)
let folder: TempFolder
let store: StateStore
let broken: string[]

beforeEach(async () => {
  folder = await tempFolder('sealed')
  store = openEmbeddedState({ path: folder.path })
  broken = []
})

afterEach(async () => {
  await store.close()
  await folder.remove()
})

const sealed = (key: Uint8Array = secret) => sealDocuments(store, key, ['access/'], name => broken.push(name))

test('a sealed document reads as it was written, with its version; others are stored as they are', async () => {
  const state = sealed()
  const version = await state.put('access/users/ada', { role: 'read' })
  expect(await state.get('access/users/ada')).toMatchObject({ value: { role: 'read' }, version })
  expect(await state.list('access/')).toMatchObject([{ key: 'access/users/ada', value: { role: 'read' } }])
  await state.put('alerts/a', { n: 1 })
  expect((await store.get('alerts/a'))?.value).toEqual({ n: 1 })
})

test('a document that was written without the seal, changed or moved to another key counts as absent', async () => {
  const state = sealed()
  await state.put('access/users/ada', { role: 'read' })
  const written = (await store.get<{ text: string; seal: string }>('access/users/ada'))?.value
  await store.put('access/users/eve', { role: 'admin' })
  await store.put('access/users/bob', written)
  await store.put('access/users/ada', { ...written, text: '{"role":"admin"}' })
  for (const name of ['eve', 'bob', 'ada']) expect(await state.get(`access/users/${name}`), name).toBeNull()
  expect(await state.list('access/')).toEqual([])
  expect(new Set(broken)).toEqual(new Set(['access/users/eve', 'access/users/bob', 'access/users/ada']))
})

test('a document that counts as absent can be created again, one that does not cannot', async () => {
  const state = sealed()
  await store.put('access/users/eve', { role: 'admin' })
  await state.put('access/users/eve', { role: 'read' }, { ifVersion: 0 })
  expect(await state.get('access/users/eve')).toMatchObject({ value: { role: 'read' } })
  await expect(state.put('access/users/eve', { role: 'admin' }, { ifVersion: 0 })).rejects.toThrow(StateConflict)
})

test('another secret opens nothing', async () => {
  await sealed().put('access/users/ada', { role: 'admin' })
  expect(await sealed(Buffer.alloc(32, 8)).get('access/users/ada')).toBeNull()
})
