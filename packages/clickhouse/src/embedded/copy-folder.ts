import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, cp, link, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What the engine itself removes at its next start, or is a statement's own. */
const TEMPORARY = /^(tmp|delete_tmp_|flushed_)/
/** `partition_first_last_level`, and the version of a mutation. */
const PART = /_\d+_\d+_\d+(_\d+)?$/

/**
 * Copies the data of an engine that runs. What it may change is set aside first, in the time that `whileStill` gives: the files of parts
 * never change and are linked, all others are copied. Then the copy is made, and takes as long as it takes.
 */
export async function copyEngineFolder(
  folder: string,
  target: string,
  whileStill: (setAside: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const aside = join(folder, `aside-${randomUUID()}`)
  try {
    await whileStill(() => setAside(join(folder, 'data'), aside))
    await cp(aside, join(target, 'data'), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Links the files of parts and copies all others. Nothing may be inserted meanwhile. */
export async function setAside(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)]
    if (TEMPORARY.test(entry.name)) continue
    if (PART.test(entry.name)) await linkPart(source, copy)
    else if (entry.isDirectory()) await setAside(source, copy)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), copy)
    else await copyFile(source, copy)
  }
}

/** A part that merges replaced minutes ago may vanish while it is read: its successor stands beside it. */
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
