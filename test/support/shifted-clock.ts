import { rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '@northstar/testkit'
import type { Env } from './northstar.ts'

/** The clock of the processes with `env`: ahead of this process's by the value that was set last. */
export interface ShiftedClock {
  readonly env: Env
  set(aheadMs: number): Promise<void>
  remove(): Promise<void>
}

export async function createShiftedClock(): Promise<ShiftedClock> {
  const folder = await tempFolder('clock')
  const file = `${folder.path}/ahead`
  const set = async (aheadMs: number) => {
    await writeFile(`${file}.new`, String(aheadMs))
    await rename(`${file}.new`, file)
  }
  await set(0)
  const preload = fileURLToPath(new URL('clock-shift.mjs', import.meta.url))
  return { env: { CLOCK_SHIFT_FILE: file, NODE_OPTIONS: `--import=${preload}` }, set, remove: folder.remove }
}
