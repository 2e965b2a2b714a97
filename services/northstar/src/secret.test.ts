import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings } from '@northstar/runtime'
import { tempFolder } from '@northstar/testkit'
import { expect, it } from 'vitest'
import { ensureSecret } from './secret.ts'

it('the secret is of the settings, else made once and readable by its owner alone', async () => {
  const folder = await tempFolder('secret')
  try {
    const settings = readSettings({ NORTHSTAR_DATA_DIR: join(folder.path, 'data') })
    const made = ensureSecret(settings, false)
    expect(made).toHaveLength(32)
    expect(ensureSecret(settings, false)).toEqual(made)
    const path = join(folder.path, 'data', 'secret')
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(readFileSync(path, 'utf8').trim()).toBe(Buffer.from(made).toString('base64'))
    const given = readSettings({ NORTHSTAR_DATA_DIR: folder.path, NORTHSTAR_SECRET: 'x'.repeat(32) })
    expect(ensureSecret(given, true)).toEqual(Buffer.from('x'.repeat(32)))
    writeFileSync(path, '')
    expect(() => ensureSecret(settings, false)).toThrow(/damaged/)
  } finally {
    await folder.remove()
  }
})

it('processes that share servers need the secret in their settings', () => {
  expect(() => ensureSecret(readSettings({}), true)).toThrow(/NORTHSTAR_SECRET is missing/)
  expect(() => readSettings({ NORTHSTAR_SECRET: 'short' })).toThrow(/at least 32 characters/)
})
