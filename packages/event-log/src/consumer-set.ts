import type { Consumer } from './port.ts'

/** The consumers of a log, so that closing the log can stop those that still run. */
export function createConsumerSet() {
  const running = new Set<() => Promise<void>>()
  return {
    add(consumer: Consumer): Consumer {
      const stop = async () => {
        running.delete(stop)
        await consumer.stop()
      }
      running.add(stop)
      return { ...consumer, stop }
    },
    async stopAll(): Promise<void> {
      await Promise.all([...running].map(stop => stop()))
    },
  }
}
