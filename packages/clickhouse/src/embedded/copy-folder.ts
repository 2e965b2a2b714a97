import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, cp, link, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Names of entries that the engine removes at its next start, or that belong to a running statement. */
const TEMPORARY = /^(tmp|delete_tmp_|flushed_)/
/** `partition_first_last_level`, and the version of a mutation. */
const PART = /_\d+_\d+_\d+(_\d+)?$/

const SNAPSHOTS = 'snapshots'

/** The snapshots of this process. Several warehouses may share a folder. */
const inUse = new Set<string>()

/**
 * Copies the data of a running engine. `whilePaused` calls its argument while nothing is inserted: that makes a snapshot, in which the files of
 * parts, which never change, are linked and all others are copied. The copy is then made from the snapshot.
 */
export async function copyEngineFolder(
  folder: string,
  target: string,
  whilePaused: (linkSnapshot: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const snapshot = join(folder, SNAPSHOTS, randomUUID())
  inUse.add(snapshot)
  try {
    await whilePaused(() => linkSnapshot(join(folder, 'data'), snapshot))
    await cp(snapshot, join(target, 'data'), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  } finally {
    await rm(snapshot, { recursive: true, force: true })
    inUse.delete(snapshot)
  }
}

/** Removes snapshots of a dead process: their links keep the space of parts that merges have replaced. The engine must be open. */
export async function removeSnapshots(folder: string): Promise<void> {
  const path = join(folder, SNAPSHOTS)
  await mkdir(path, { recursive: true })
  const left = (await readdir(path)).map(name => join(path, name)).filter(snapshot => !inUse.has(snapshot))
  await Promise.all(left.map(snapshot => rm(snapshot, { recursive: true, force: true })))
}

/** Links the files of parts and copies all others. Nothing may be inserted meanwhile. */
export async function linkSnapshot(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)]
    if (TEMPORARY.test(entry.name)) continue
    if (PART.test(entry.name)) await linkPart(source, copy)
    else if (entry.isDirectory()) await linkSnapshot(source, copy)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), copy)
    else await copyFile(source, copy)
  }
}

/** Links a part. One that merges replaced minutes ago may vanish meanwhile; its successor is linked too. */
async function linkPart(source: string, copy: string): Promise<void> {
  try {
    await mkdir(copy)
    for (const entry of await readdir(source, { withFileTypes: true })) {
      const [from, to] = [join(source, entry.name), join(copy, entry.name)]
      // A projection is a folder within its part.
      if (entry.isDirectory()) await linkPart(from, to)
      else await link(from, to)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await rm(copy, { recursive: true, force: true })
  }
}
