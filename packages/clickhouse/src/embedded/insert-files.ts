import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Files with rows to insert. Rows are inserted from a file because text appended to a statement could end it and begin another, and because
 * this process then makes no copy.
 */
export interface InsertFiles {
  /** Calls `use` with the path of a file that contains the chunks in order. */
  with<T>(chunks: readonly Uint8Array[], use: (path: string) => Promise<T>): Promise<T>
}

/** The files of this process. Several warehouses may share a folder, each with its own database. */
const inUse = new Set<string>()

/** Removes files of a dead process. The engine must be open, since its lock keeps other processes out of the folder. */
export async function openInsertFiles(folder: string): Promise<InsertFiles> {
  await mkdir(folder, { recursive: true })
  const left = (await readdir(folder)).map(name => join(folder, name)).filter(path => !inUse.has(path))
  await Promise.all(left.map(path => rm(path, { force: true })))

  return {
    async with(chunks, use) {
      const path = join(folder, `${randomUUID()}.rows`)
      inUse.add(path)
      try {
        const file = await open(path, 'wx')
        try {
          await writeAll(file, chunks)
        } finally {
          await file.close()
        }
        return await use(path)
      } finally {
        await rm(path, { force: true })
        inUse.delete(path)
      }
    },
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunks: readonly Uint8Array[]): Promise<void> {
  for (let at = 0; at < chunks.length; at += MAX_PIECES) {
    const pieces = chunks.slice(at, at + MAX_PIECES)
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const { bytesWritten } = await file.writev(pieces)
    // A nearly full disk first causes short writes.
    if (bytesWritten < length) throw new Error(`${bytesWritten} of ${length} bytes were written: is the disk full?`)
  }
}

/** Maximum number of buffers of one `writev`. */
const MAX_PIECES = 1024
