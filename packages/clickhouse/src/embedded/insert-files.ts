import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Rows on their way into the engine. They go through a file because text appended to a statement could end it and begin
 * another, and because no copy is then made in this process.
 */
export interface InsertFiles {
  /** Calls with the name of a file that holds the chunks one after the other. */
  with<T>(chunks: readonly Uint8Array[], use: (path: string) => Promise<T>): Promise<T>
}

/** Leftovers of a process that died are removed. */
export async function openInsertFiles(folder: string): Promise<InsertFiles> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  let made = 0

  return {
    async with(chunks, use) {
      const path = join(folder, `${made++}.ndjson`)
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
