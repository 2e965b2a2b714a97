import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Rows on their way into the engine. They go through a file because text appended to a statement could end it and begin
 * another, and because no copy is then made in this process.
 */
export interface InsertFiles {
  /** Calls with the name of a file that holds the chunks one after the other. */
  with<T>(chunks: readonly Uint8Array[], use: (path: string) => Promise<T>): Promise<T>
}

/** Files of this process: several warehouses may share a folder, with a database each. */
const inUse = new Set<string>()

/** Leftovers of a process that died are removed. The engine must be open: it is what keeps other processes out of the folder. */
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
    // A short write is how a disk that is nearly full begins to say so.
    if (bytesWritten < length) throw new Error(`${bytesWritten} of ${length} bytes were written: is the disk full?`)
  }
}

/** The most that one `writev` takes. */
const MAX_PIECES = 1024
