import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnProcess, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { createFolder, lockDataFolder } from './data-folder.ts'

const SCRIPT = fileURLToPath(new URL('./contract/lock-data-folder.mjs', import.meta.url))

test('a data folder belongs to one process, until that ends, even by SIGKILL', async () => {
  const folder = await tempFolder('locked')
  try {
    const other = await spawnProcess(process.execPath, [SCRIPT, folder.path])
    await other.line(/^locked$/m)
    expect(() => lockDataFolder(folder.path)).toThrow(expect.objectContaining({ code: 'data_folder_in_use' }))
    expect(() => lockDataFolder(folder.path)).toThrow(/process \d+: stop it, or choose another folder with NORTHSTAR_DATA_DIR/)
    await other.kill()
    const release = lockDataFolder(folder.path)
    expect(() => lockDataFolder(folder.path)).toThrow(`process ${process.pid}`)
    release()
    lockDataFolder(folder.path)()
  } finally {
    await folder.remove()
  }
})

test('a data folder that other users may enter is refused with the remedy, and a new one is made for its owner alone', async () => {
  const folder = await tempFolder('exposed')
  try {
    const made = join(folder.path, 'data')
    lockDataFolder(made)()
    expect(statSync(made).mode & 0o777).toBe(0o700)
    chmodSync(made, 0o750)
    expect(() => lockDataFolder(made)).toThrow(expect.objectContaining({ code: 'data_folder_exposed' }))
    expect(() => lockDataFolder(made)).toThrow(`chmod 700 ${made}`)
  } finally {
    await folder.remove()
  }
})

test.runIf(process.platform === 'linux')('a folder that the file system does not take is an error, and does not block the process', () => {
  expect(() => createFolder('/proc/northstar/data')).toThrow('the folder /proc/northstar cannot be created there: choose another one')
  expect(() => createFolder('/dev/null/data')).toThrow('the folder /dev/null/data cannot be created there: choose another one')
})

test('a folder is created with those above it, for its owner alone', async () => {
  const folder = await tempFolder('created')
  try {
    const made = join(folder.path, 'a', 'b')
    createFolder(made)
    createFolder(made)
    expect([join(folder.path, 'a'), made].map(path => statSync(path).mode & 0o777)).toEqual([0o700, 0o700])
  } finally {
    await folder.remove()
  }
})

test('a data folder into which a restore was interrupted is only locked to restore it', async () => {
  const folder = await tempFolder('interrupted')
  try {
    mkdirSync(join(folder.path, 'restoring'))
    expect(() => lockDataFolder(folder.path)).toThrow(expect.objectContaining({ code: 'data_folder_incomplete' }))
    expect(() => lockDataFolder(folder.path)).toThrow('run "northstar restore" again')
    lockDataFolder(folder.path, { toRestore: true })()
  } finally {
    await folder.remove()
  }
})
