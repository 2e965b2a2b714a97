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
    /** The reasons why the other servers are unavailable. */
    missingServers: Readonly<Partial<Record<ServerName, string>>>
    /** In continuous integration a suite without its server fails; otherwise it is skipped. */
    ci: boolean
  }
}

/** A suite needs a real server that could not be started. */
export class ServerMissing extends Error {
  readonly code = 'server_missing'
  constructor(name: ServerName, reason: string) {
    super(`these tests need a real ${name}, which cannot be started: ${reason}`)
    this.name = 'ServerMissing'
  }
}

/**
 * Returns the address of this run's real server. All test files share it, so each must use its own names (topics, keys, databases). Returns
 * undefined if the server could not be started; the run has then printed which files are skipped and why. Example:
 *
 *     const brokers = serverFor('kafka')
 *     describe.skipIf(!brokers)('…', () => { … })
 *
 * The run searches test files for this call, with the name in quotes, to know which servers to start.
 * @throws {@link ServerMissing} in continuous integration, so that tests are not skipped unnoticed
 */
export function serverFor(name: ServerName): string | undefined {
  const addresses = { kafka: inject('kafkaBrokers'), redis: inject('redisUrl'), clickhouse: inject('clickhouseUrl') }
  const address = addresses[name]
  if (address === undefined && inject('ci')) throw new ServerMissing(name, inject('missingServers')[name] ?? 'it was not started')
  return address
}
