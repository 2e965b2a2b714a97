import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { SASLOptions } from 'kafkajs'
import Cluster from 'kafkajs/src/cluster/index.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import type { Logger } from '../logger.ts'

/** How to reach the brokers. */
export interface KafkaAccess {
  /** `host:port`; several brokers as an array or separated by commas. */
  readonly brokers: string | readonly string[]
  readonly ssl?: boolean | ConnectionOptions
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
  /** The client's name in the brokers' logs and quotas. */
  readonly clientId: string
}

/** One client's connections to the brokers of a topic. */
export interface KafkaConnection {
  /** Returns the connected cluster, after connecting if necessary. Rejects with kafkajs' errors. */
  cluster(): Promise<Cluster>
  /** Closes all connections; pending requests reject. The next `cluster()` connects again. */
  drop(): void
  /** Closes all connections; later calls reject. */
  close(): void
}

const CONNECT_TIMEOUT_MS = 3_000
const REQUEST_TIMEOUT_MS = 10_000

/**
 * On every connection, kafkajs starts a timer of 1 ms again and again to check a queue that is empty unless the broker throttles. This
 * patch starts the timer only while something is queued.
 */
const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0) scheduleCheck.call(this)
}

export function createConnection(access: KafkaAccess, topic: string, logger: Logger): KafkaConnection {
  let current: { readonly cluster: Promise<Cluster>; readonly cut: () => void } | undefined
  let closed = false

  function open() {
    const sockets = new Set<Socket>()
    let givenUp: Error | undefined
    const cluster = new Cluster({
      logger: toKafkajsLogger(logger),
      socketFactory: ({ host, port, onConnect }) => {
        const socket = openSocket(access.ssl, host, port, onConnect)
        socket.setNoDelay(true)
        socket.setKeepAlive(true, 60_000)
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        // A caller that still uses the given-up cluster would make it reconnect over a socket that nothing closes.
        if (givenUp) socket.destroy(givenUp)
        return socket
      },
      brokers: brokerList(access.brokers),
      ssl: Boolean(access.ssl),
      sasl: access.sasl as SASLOptions | undefined,
      clientId: access.clientId,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      authenticationTimeout: REQUEST_TIMEOUT_MS,
      reauthenticationThreshold: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      // Callers retry the whole request over a new connection.
      retry: { retries: 0, initialRetryTime: 50 },
    })
    const connected = cluster
      .connect()
      .then(() => cluster.addTargetTopic(topic))
      .then(() => cluster)
    const cut = () => {
      givenUp = new Error('the connection was given up')
      for (const socket of sockets) socket.destroy(givenUp)
    }
    return { cluster: connected, cut }
  }

  function drop() {
    const dropped = current
    current = undefined
    dropped?.cut()
  }

  return {
    async cluster() {
      if (closed) throw new Error('the connection is closed')
      current ??= open()
      const used = current
      try {
        return await used.cluster
      } catch (error) {
        used.cut()
        if (current === used) current = undefined
        throw error
      }
    },
    drop,
    close() {
      closed = true
      drop()
    },
  }
}

export function brokerList(brokers: string | readonly string[]): string[] {
  return typeof brokers === 'string'
    ? brokers
        .split(',')
        .map(broker => broker.trim())
        .filter(Boolean)
    : [...brokers]
}

function openSocket(ssl: KafkaAccess['ssl'], host: string, port: number, onConnect: () => void): Socket {
  if (!ssl) return connectPlain({ host, port }, onConnect)
  const servername = isIP(host) ? {} : { servername: host }
  return connectTls({ host, port, ...servername, ...(ssl === true ? {} : ssl) }, onConnect)
}

/** Errors of kafkajs are logged at level debug: the request is repeated, and a caller that gives up logs the reason. */
function toKafkajsLogger(logger: Logger) {
  const log = (message: string, extra: object = {}) => logger.debug(extra, `kafkajs: ${message}`)
  const adapted = { namespace: () => adapted, debug: () => {}, info: log, warn: log, error: log }
  return adapted
}
