import { execFileSync } from 'node:child_process'
import { statfs, writeFile } from 'node:fs/promises'
import { tempFolder } from '@northstar/testkit'

/** Mounts a file system of its own at the folder, which must exist. */
export function mountSmall(folder: string, mebibytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
}

export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder])
}

/** The reason that this machine mounts no file system; null where it does. */
export async function whyUnmountable(): Promise<string | null> {
  const folder = await tempFolder('small-disk')
  try {
    mountSmall(folder.path, 1)
    unmount(folder.path)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await folder.remove()
  }
}

/** Leaves no byte of the file system at `disk`. @param path a new file on it */
export async function fillDisk(disk: string, path: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk)
  try {
    await writeFile(path, Buffer.alloc(bavail * bsize))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
