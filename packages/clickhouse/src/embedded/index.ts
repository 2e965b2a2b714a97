import { join, resolve } from 'node:path'
import { createClient } from '@clickhouse/client'
import { createSlots } from '@northstar/runtime/async'
import { createClientWarehouse, type WarehouseOptions } from '../client-warehouse.ts'
import { QUIET } from '../engine.ts'
import type { Warehouse } from '../port.ts'
import { insertSettings, literal, qualified } from '../statements.ts'
import { copyEngineFolder, linkSnapshot, removeSnapshots } from './copy-folder.ts'
import { openEngine } from './engine.ts'
import { createEngineConnection, preparations } from './engine-connection.ts'
import { openInsertFiles } from './insert-files.ts'
import { openStatementRunner, STATEMENT_RUNNER_DEFAULTS } from './statement-runner.ts'

export interface EmbeddedWarehouseOptions extends WarehouseOptions {
  /** The folder of the data: one process for each folder, and one folder for each process. It may have several databases. */
  readonly folder: string
  /** The engine's memory limit, bytes. Default 1 GiB. */
  readonly memoryBytes?: number
  /** Refuse ad-hoc statements if the machine cannot isolate their processes. Default false. */
  readonly requireSandbox?: boolean
  /** Called once with the reason if ad-hoc statements are not isolated. */
  readonly onUnprotected?: (reason: string) => void
}

/** Maximum number of concurrent queries. Each needs a thread of libuv's pool, which the log needs too. */
const READS = 2
const URGENT_READS = 1

/**
 * The warehouse on the engine in process.
 * @throws WarehouseUnavailable if another process uses the folder, or this process another folder
 */
export async function openEmbeddedWarehouse(options: EmbeddedWarehouseOptions): Promise<Warehouse> {
  const { folder, database = 'northstar', memoryBytes = 1024 ** 3, requireSandbox = false, onUnprotected } = options
  const engine = await openEngine(resolve(folder), { memoryBytes })
  const files = await openInsertFiles(resolve(folder, 'inserts'))
  await removeSnapshots(resolve(folder))
  const reads = createSlots(READS)
  const writes = createSlots(1)
  const runner = await openStatementRunner(
    { ...STATEMENT_RUNNER_DEFAULTS, folder: resolve(folder, 'statements'), requireSandbox },
    { snapshot: target => writes(() => linkSnapshot(resolve(folder, 'data'), join(target, 'data'))), onUnprotected },
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
        await writes(() => files.with(chunks, path => engine.run([`${into} FROM INFILE ${literal(path)} COMPRESSION 'none' ${how}`])))
      },
      copyTo: (target, whilePaused) =>
        copyEngineFolder(resolve(folder), target, async linkSnapshot =>
          writes(async () => {
            await linkSnapshot()
            await whilePaused()
          }),
        ),
      runIsolated: (statement, settings, options) =>
        runner.run([...preparations({ clickhouse_settings: settings }, database), statement], options),
      async close() {
        await runner.close()
        await engine.close(database)
      },
    },
    options,
  )
}
