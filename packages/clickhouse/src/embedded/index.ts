import { join, resolve } from 'node:path'
import { createClient } from '@clickhouse/client'
import { createClientWarehouse, QUIET, type WarehouseOptions } from '../client-warehouse.ts'
import type { Warehouse } from '../port.ts'
import { insertSettings, literal, qualified } from '../statements.ts'
import { APART_DEFAULTS, openApart } from './apart.ts'
import { copyEngineFolder, setAside } from './copy-folder.ts'
import { openEngine } from './engine.ts'
import { createEngineConnection, preparations } from './engine-connection.ts'
import { openInsertFiles } from './insert-files.ts'
import { createSlots } from './slots.ts'

export interface EmbeddedWarehouseOptions extends WarehouseOptions {
  /** Where the data lies. One process a folder, and one folder a process; within it, as many databases as needed. */
  readonly folder: string
  /** The engine's memory limit, bytes. Default 1 GiB. */
  readonly memoryBytes?: number
  /** How many queries run at once besides an urgent one; more wait. Default 2: each takes a thread of libuv's pool, which the log needs too. */
  readonly concurrentReads?: number
  /** Refuse people's statements where the machine cannot isolate the processes that run them. Default false. */
  readonly requireSandbox?: boolean
  /** Called once, with why people's statements are not isolated. */
  readonly onUnprotected?: (reason: string) => void
}

const URGENT_READS = 1

/**
 * The warehouse on the engine in process.
 * @throws WarehouseUnavailable when another process has the folder, or this process another one
 */
export async function openEmbeddedWarehouse(options: EmbeddedWarehouseOptions): Promise<Warehouse> {
  const { folder, database = 'northstar', memoryBytes = 1024 ** 3, concurrentReads = 2, requireSandbox = false, onUnprotected } = options
  const engine = await openEngine(resolve(folder), { memoryBytes })
  const files = await openInsertFiles(resolve(folder, 'inserts'))
  const reads = createSlots(concurrentReads)
  const writes = createSlots(1)
  const apart = await openApart(
    { ...APART_DEFAULTS, folder: resolve(folder, 'statements'), requireSandbox },
    { snapshot: target => writes.run(() => setAside(resolve(folder, 'data'), join(target, 'data'))), onUnprotected },
  )

  return createClientWarehouse(
    {
      client: createClient({ connection: createEngineConnection(engine, reads, database), log: QUIET }),
      urgent: createClient({ connection: createEngineConnection(engine, createSlots(URGENT_READS), database), log: QUIET }),
      setup: createClient({ connection: createEngineConnection(engine, writes), log: QUIET }),
      database,
      async insert(table, format, chunks, token) {
        const into = `INSERT INTO ${qualified(database, table)}`
        const how = `${insertSettings(token)} FORMAT ${format}`
        if (chunks.length === 0) return
        await writes.run(() => files.with(chunks, path => engine.run([`${into} FROM INFILE ${literal(path)} COMPRESSION 'none' ${how}`])))
      },
      copyTo: (target, whileStill) =>
        copyEngineFolder(resolve(folder), target, async setAside =>
          writes.run(async () => {
            await setAside()
            await whileStill()
          }),
        ),
      runApart: (statement, settings, options) =>
        apart.run([...preparations({ clickhouse_settings: settings }, database), statement], options),
      async close() {
        await apart.close()
        await engine.close(database)
      },
    },
    options,
  )
}
