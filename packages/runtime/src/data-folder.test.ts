import { fileURLToPath } from 'node:url'
import { spawnProcess, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { lockDataFolder } from './data-folder.ts'

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
