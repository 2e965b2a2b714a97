import { createFailure } from './async.ts'
import type { App } from './lifecycle.ts'
import type { Logger } from './logging.ts'

/**
 * Runs until a signal or a component's failure. Returns the exit code: 0 after SIGTERM or SIGINT, 1 after a failure.
 * A second signal ends the process at once.
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
  const crash = createFailure()
  const onRejection = (reason: unknown) => {
    if (!handleFailedCommit(reason)) crash.fail(reason)
  }
  process.on('unhandledRejection', onRejection)
  process.on('SIGTERM', listen)
  process.on('SIGINT', listen)
  try {
    const signal = await Promise.race([signalled, app.failed, crash.failed])
    logger.info({ signal }, 'stopping')
    await app.stop()
    return 0
  } catch (error) {
    logger.fatal({ err: error }, 'stopping after a failure')
    await app.stop()
    return 1
  } finally {
    process.off('unhandledRejection', onRejection)
  }
}

/**
 * Handles a rejection that belongs to a failed commit of lmdb, which rejects two promises that its callers cannot reach. The caller has the
 * error already; an exit in the middle of a commit would crash the process or block it for ever.
 */
function handleFailedCommit(reason: unknown): boolean {
  if (!(reason instanceof Error) || !('commitError' in reason) || !(reason.commitError instanceof Promise)) return false
  reason.commitError.catch(() => {})
  return true
}
