import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClickHouseError } from '@clickhouse/client'
import { messageOf } from '@northstar/runtime/async'
import { drainPending, Session } from 'chdb'
import { WarehouseUnavailable } from '../port.ts'
import { literal } from '../statements.ts'
import { type EngineLimits, engineConfig } from './engine-config.ts'

/** The engine of one folder. It runs statements on its own threads, never on that of the event loop. */
export interface InProcessEngine {
  /**
   * Runs statements in order and returns the output of the last one. Settings last for a session, so each call has a new session
   * (0.2 ms).
   * @throws ClickHouseError
   */
  run(statements: readonly string[], format?: string): Promise<Uint8Array>
  /** Cancels queries of the database, waits for running statements, and releases the folder. */
  close(database: string): Promise<void>
}

/** @throws WarehouseUnavailable when another process has the folder, or this process another folder: the engine has one at a time */
export async function openEngine(folder: string, limits: EngineLimits): Promise<InProcessEngine> {
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'engine.xml')
  // Replaced atomically, since another warehouse of this folder may be reading it.
  const draft = join(folder, `${randomUUID()}.xml`)
  await writeFile(draft, engineConfig(limits))
  await rename(draft, config)
  const path = join(folder, 'data')
  // Keeps the engine open between statements. Its arguments apply to all sessions.
  const holder = open(path, [`--config-file=${config}`])
  const running = new Set<Promise<unknown>>()
  let closed = false

  async function run(statements: readonly string[], format = 'TabSeparated'): Promise<Uint8Array> {
    if (closed) throw new WarehouseUnavailable('it was closed')
    const session = open(path)
    const work = session.queryAsync(statements.join(';\n'), { format })
    running.add(work)
    try {
      return (await work).bytes()
    } catch (error) {
      throw clickHouseError(error)
    } finally {
      running.delete(work)
      session.close()
    }
  }

  return {
    run,
    async close(database) {
      closed = true
      if (running.size > 0) {
        // Inserts belong to no database, so they are not cancelled.
        await holder.queryAsync(`KILL QUERY WHERE current_database = ${literal(database)} ASYNC`).catch(() => {})
        await Promise.allSettled(running)
      }
      holder.close()
      await drainPending()
    },
  }
}

function open(path: string, connectionArgs?: readonly string[]): Session {
  try {
    return new Session(path, { connectionArgs })
  } catch (error) {
    // The engine names no reason. It allows one folder for each process, and one process for each folder.
    throw new WarehouseUnavailable(`${path} cannot be opened: is another process using this folder, or this process another one?`, {
      cause: error,
    })
  }
}

/** Reads the code and the type from the message: the engine in process has them only there, and the code twice. */
export function clickHouseError(error: unknown): unknown {
  const text = messageOf(error)
  const parts = /Code: (\d+)\. (?:DB::Exception: )?(?:Code: \d+\. DB::Exception: )?([\s\S]*)$/.exec(text)
  if (parts === null) return error
  const [, code = '', message = ''] = parts
  const type = /\(([A-Z][A-Z0-9_]+)\)\s*$/.exec(message)?.[1]
  const result = new ClickHouseError({ code, type, message })
  result.cause = error
  return result
}
