import { join } from 'node:path'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { openWarehouse } from '@northstar/clickhouse/open'
import { GROUPS, migrateEventLog, openEventLog, openGrownLog } from '@northstar/event-log/open'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { openLiveCounters } from '@northstar/live-counters/open'
import { EarlierLog, type Erasures, refuseEarlierLog, withErasures } from '@northstar/pipeline'
import { type Component, type Logger, resource, type Settings, type StoreLocations } from '@northstar/runtime'
import { sealDocuments } from '@northstar/state'
import { openState } from '@northstar/state/open'
import type { StoreName } from './roles.ts'

export interface Stores {
  readonly log: Awaited<ReturnType<typeof openEventLog>>
  readonly counters: ReturnType<typeof openLiveCounters>
  readonly warehouse: Awaited<ReturnType<typeof openWarehouse>>
  readonly state: ReturnType<typeof openState>
}

const SERVER_SETTINGS: Readonly<Record<StoreName, { readonly variable: string; readonly isSet: (settings: Settings) => boolean }>> = {
  log: { variable: 'KAFKA_BROKERS', isSet: settings => settings.kafka !== undefined },
  counters: { variable: 'REDIS_URL', isSet: settings => settings.redisUrl !== undefined },
  warehouse: { variable: 'CLICKHOUSE_URL', isSet: settings => settings.clickhouseUrl !== undefined },
  state: { variable: 'REDIS_URL', isSet: settings => settings.redisUrl !== undefined },
}

/** Prefixes of the documents that grant access, which are sealed: write access to the store must not be enough to become an admin. */
const GRANTING = ['access/', 'write-keys/']

/** Opens the state store. Documents that grant access are sealed with a key derived from the installation's secret. */
export function openSealedState(locations: StoreLocations, secret: Uint8Array, now: () => number, logger: Logger): Stores['state'] {
  const state = openState(locations.state, now, message => logger.warn(message))
  return sealDocuments(state, secret, GRANTING, key =>
    logger.error({ key }, 'ignoring a document that was not written with this installation’s secret'),
  )
}

/** The missing variables for which some of these stores are embedded, so that other processes cannot read them. */
export function missingServers(settings: Settings, names: Iterable<StoreName>): readonly string[] {
  const missing = [...names].map(name => SERVER_SETTINGS[name]).filter(({ isSet }) => !isSet(settings))
  return [...new Set(missing.map(({ variable }) => variable))]
}

export interface OpenedStores {
  /** @throws Error for a store that is not listed in `ROLES` for these roles */
  get<N extends StoreName>(name: N): Stores[N]
  readonly components: readonly Component[]
}

interface OpenOptions {
  readonly locations: StoreLocations
  readonly logger: Logger
  readonly now: () => number
  readonly clientId: string
  /** Runs after the warehouse and before the log is opened, so that tables and topic exist before they are used. */
  readonly migrate?: (warehouse: Stores['warehouse']) => Promise<unknown>
  /** The state store, if it is already open. */
  readonly state?: Stores['state']
  /** Events that readers of the log leave out. */
  readonly erasures?: Erasures
}

// For commands that need a single store: no other file of the program opens stores.
export { GROUPS, migrateEventLog, openGrownLog, openWarehouse }

/** Opens the stores of a rule test, in a folder that several tests share. */
export const openScratchStores = async (folder: string, index: number, now: () => number) => ({
  warehouse: await openEmbeddedWarehouse({ folder: join(folder, 'warehouse'), database: `test_${index}` }),
  counters: openEmbeddedCounters({ folder: join(folder, `counters-${index}`), partitions: 1, now }),
})

/** Opens the named stores. */
export async function openStores(names: ReadonlySet<StoreName>, options: OpenOptions): Promise<OpenedStores> {
  const { locations, logger, now, clientId } = options
  const state = options.state ?? (names.has('state') ? openState(locations.state, now, message => logger.warn(message)) : undefined)
  const opened: Partial<Stores> = { state }
  const components: Component[] = state ? [resource('state', state)] : []
  const add = <N extends StoreName>(name: N, title: string, store: Stores[N]) => {
    opened[name] = store
    components.push(resource(title, store))
    return store
  }
  if (names.has('warehouse')) {
    const warehouse = add(
      'warehouse',
      'warehouse engine',
      await openWarehouse(locations.warehouse, reason => logger.warn(`SQL statements of users are not isolated: ${reason}`)),
    )
    await options.migrate?.(warehouse)
  }
  if (names.has('log')) {
    const opening = await openEventLog(locations.log, { logger, clientId })
    const log = add('log', 'event log', options.erasures ? withErasures(opening, options.erasures) : opening)
    try {
      await refuseEarlierLog(log)
    } catch (error) {
      // If the log is unavailable, its users wait for it.
      if (error instanceof EarlierLog) {
        await log.close()
        throw error
      }
    }
  }
  if (names.has('counters')) {
    add('counters', 'live counters', openLiveCounters({ ...locations.counters, partitions: () => opened.log?.partitions ?? 0 }, now))
  }
  return {
    components,
    get(name) {
      const store = opened[name]
      if (!store) throw new Error(`the store "${name}" is not opened by these roles`)
      return store
    },
  }
}
