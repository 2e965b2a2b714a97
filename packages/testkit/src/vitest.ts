import { inject } from 'vitest'
import type { Certificate } from './certificate.ts'
import type { ServerName } from './servers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of this run's Kafka. */
    kafkaBrokers: string | undefined
    redisUrl: string | undefined
    clickhouseUrl: string | undefined
    /** A certificate that this run's processes trust; undefined in a run without real servers. */
    certificate: Certificate | undefined
    /** Why the others are unavailable. */
    missingServers: Readonly<Partial<Record<ServerName, string>>>
    /** With it a suite that lacks its server fails, rather than being left out. */
    ci: boolean
  }
}

/** A suite needs a real server that this machine cannot give. */
export class ServerMissing extends Error {
  readonly code = 'server_missing'
  constructor(name: ServerName, reason: string) {
    super(`these tests need a real ${name}, which cannot be had: ${reason}`)
    this.name = 'ServerMissing'
  }
}

/**
 * The address of this run's real server, which all test files share: use names of your own in it (topics, keys, databases).
 * Undefined where it cannot be had; the run has then said which files do not run and why. For use as
 *
 *     const brokers = serverFor('kafka')
 *     describe.skipIf(!brokers)('…', () => { … })
 *
 * The call, with its name in quotes, is also how the run knows which servers to start.
 * @throws {@link ServerMissing} in continuous integration, so that nothing goes untested unseen
 */
export function serverFor(name: ServerName): string | undefined {
  const addresses = { kafka: inject('kafkaBrokers'), redis: inject('redisUrl'), clickhouse: inject('clickhouseUrl') }
  const address = addresses[name]
  if (address === undefined && inject('ci')) throw new ServerMissing(name, inject('missingServers')[name] ?? 'it was not started')
  return address
}
