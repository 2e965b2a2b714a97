import type { Logger } from 'pino'
import { createFailure, messageOf, withTimeout } from './async.ts'

export interface Health {
  readonly healthy: boolean
  /** One sentence for a person. */
  readonly reason: string
  /** False if the process can still work, but an operator must act. */
  readonly blocking?: false
}

/** A part of a process with a start and a stop. */
export interface Component {
  readonly name: string
  start(): Promise<void>
  /** Finishes the work under way, then releases resources. Calling it twice is harmless. */
  stop(): Promise<void>
  health?(): Health | Promise<Health>
  /** Rejects when the component can no longer work, which ends the process. Does not resolve before the component was stopped. */
  readonly failed?: Promise<void>
}

export interface App {
  /** Health of every component that reports it. */
  health(): Promise<Readonly<Record<string, Health>>>
  /** Stops in reverse order, each within half of the time that is left, so that one that hangs leaves time for the others. Twice is harmless. */
  stop(): Promise<void>
  /** Rejects with the first component's failure. */
  readonly failed: Promise<void>
}

const STOP_TIMEOUT_MS = 8_000
const HEALTH_TIMEOUT_MS = 2_000

/** Starts the components in order. If one fails to start, those before it are stopped and its error is thrown. */
export async function startApp(components: readonly Component[], logger: Logger): Promise<App> {
  const running: Component[] = []
  let stopping: Promise<void> | undefined
  const { failed, fail } = createFailure()

  async function stopAll(): Promise<void> {
    const deadline = performance.now() + STOP_TIMEOUT_MS
    for (const component of running.splice(0).reverse()) {
      await bounded((deadline - performance.now()) / 2, component.stop()).catch(error =>
        logger.error({ err: error, component: component.name }, 'did not stop cleanly'),
      )
    }
  }

  for (const component of components) {
    try {
      await component.start()
    } catch (error) {
      await stopAll()
      throw error
    }
    running.push(component)
    component.failed?.catch(error => {
      if (!stopping) logger.error({ err: error, component: component.name }, 'failed')
      fail(error)
    })
  }

  return {
    failed,
    stop: () => (stopping ??= stopAll()),
    async health() {
      const entries = await Promise.all(
        running.filter(component => component.health).map(async component => [component.name, await healthOf(component)] as const),
      )
      return Object.fromEntries(entries)
    },
  }
}

async function healthOf(component: Component): Promise<Health> {
  try {
    return await bounded(HEALTH_TIMEOUT_MS, Promise.resolve(component.health?.() ?? { healthy: true, reason: 'runs' }))
  } catch (error) {
    return { healthy: false, reason: messageOf(error) }
  }
}

const bounded = <T>(ms: number, work: Promise<T>) =>
  withTimeout(ms, work, () => new Error(`took longer than ${Math.round(Math.max(0, ms))} ms`))
