import type { App } from './lifecycle.ts'
import type { Logger } from './logging.ts'

/**
 * Keeps the process until a signal or a component's failure ends it, and gives the exit code: 0 after SIGTERM or SIGINT,
 * 1 after a failure. A second signal ends at once.
 */
export async function runUntilEnd(app: App, logger: Logger): Promise<number> {
  let onSignal: (signal: NodeJS.Signals) => void = () => {}
  const signalled = new Promise<NodeJS.Signals>(resolve => {
    onSignal = resolve
  })
  let seen = 0
  const listen = (signal: NodeJS.Signals) => {
    if (++seen > 1) process.exit(130)
    onSignal(signal)
  }
  process.on('SIGTERM', listen)
  process.on('SIGINT', listen)
  try {
    const signal = await Promise.race([signalled, app.failed])
    logger.info({ signal }, 'stopping')
    await app.stop()
    return 0
  } catch (error) {
    logger.fatal({ err: error }, 'ends, since a part of it can no longer work')
    await app.stop()
    return 1
  }
}
