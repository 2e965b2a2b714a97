import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { openEmbeddedState } from './embedded/index.ts'
import { putIfAbsent } from './put-if-absent.ts'

test('of writers at the same time the first one stores its value, and all get it', async () => {
  const folder = await tempFolder('put-if-absent')
  const state = openEmbeddedState({ path: folder.path })
  try {
    const got = await Promise.all(['a', 'b', 'c'].map(value => putIfAbsent(state, 'test/key', value)))
    expect(new Set(got).size).toBe(1)
    expect(await putIfAbsent(state, 'test/key', 'later')).toBe(got[0])
    expect((await state.get('test/key'))?.value).toBe(got[0])
  } finally {
    await state.close()
    await folder.remove()
  }
})
