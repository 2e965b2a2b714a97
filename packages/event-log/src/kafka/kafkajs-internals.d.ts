/**
 * The internal part of kafkajs that implements Kafka's protocol. kafkajs has no types for it. Its version is pinned in package.json, and
 * the contract suite runs against a real broker.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, KafkaConfig } from 'kafkajs'
  import type { Broker } from 'kafkajs/src/broker/index.js'

  interface InternalLogger {
    namespace(name: string): InternalLogger
    debug(message: string, extra?: object): void
    info(message: string, extra?: object): void
    warn(message: string, extra?: object): void
    error(message: string, extra?: object): void
  }

  interface ClusterOptions {
    logger: InternalLogger
    socketFactory: ISocketFactory
    brokers: string[]
    ssl: KafkaConfig['ssl']
    sasl: KafkaConfig['sasl']
    clientId: string
    connectionTimeout: number
    authenticationTimeout: number
    reauthenticationThreshold: number
    requestTimeout: number
    enforceRequestTimeout: boolean
    metadataMaxAge: number
    allowAutoTopicCreation: boolean
    retry: { retries: number; initialRetryTime: number }
  }

  interface PartitionMetadata {
    partitionId: number
    leader: number
  }

  class Cluster {
    constructor(options: ClusterOptions)
    connect(): Promise<void>
    disconnect(): Promise<void>
    addTargetTopic(topic: string): Promise<void>
    refreshMetadata(): Promise<void>
    refreshMetadataIfNecessary(): Promise<void>
    findTopicPartitionMetadata(topic: string): PartitionMetadata[]
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
    findBroker(node: { nodeId: string | number }): Promise<Broker>
    findControllerBroker(): Promise<Broker>
    findGroupCoordinator(group: { groupId: string }): Promise<Broker>
    /** `fromTimestamp`: epoch milliseconds, -1 for the end, -2 for the beginning. */
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromTimestamp: number }[],
    ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>
  }

  export = Cluster
}

declare module 'kafkajs/src/protocol/encoder.js' {
  class Encoder {
    writeBuffer(bytes: Buffer): Encoder
  }
  export = Encoder
}

declare module 'kafkajs/src/protocol/decoder.js' {
  class Decoder {
    constructor(bytes: Buffer)
    readonly offset: number
    readInt16(): number
    readInt32(): number
    readUVarInt(): number
    readUVarIntString(): string | null
    readTaggedFields(): unknown
  }
  export = Decoder
}

declare module 'kafkajs/src/protocol/error.js' {
  export function createErrorFromCode(code: number): Error
}

declare module 'kafkajs/src/broker/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js'

  interface TopicAnswer<P> {
    topic: string
    partitions: P[]
  }

  interface Message {
    value: Buffer
    headers: Record<string, Buffer>
    timestamp: number
  }

  export interface FetchedMessage {
    offset: string
    timestamp: string
    value: Buffer | null
    /** Null if a header has no value, an array if it is repeated. */
    headers: Record<string, Buffer | null | (Buffer | null)[]>
    isControlRecord: boolean
  }

  interface WireRequest<T> {
    request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<Encoder> }
    response: { decode(bytes: Buffer): Promise<{ bytes: Buffer }>; parse(decoded: { bytes: Buffer }): Promise<T> | T }
  }

  export interface Broker {
    /** The versions that the broker supports, by API key. */
    readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null
    readonly connectionPool: { send<T>(request: WireRequest<T>): Promise<T> }
    initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: unknown; producerEpoch: number }>
    produce(request: {
      acks: -1
      timeout: number
      producerId: unknown
      producerEpoch: number
      topicData: { topic: string; partitions: { partition: number; firstSequence: number; messages: Message[] }[] }[]
    }): Promise<unknown>
    fetch(request: {
      isolationLevel: 0 | 1
      maxWaitTime: number
      minBytes: number
      maxBytes: number
      topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[]
    }): Promise<{
      responses: { topicName: string; partitions: { partition: number; highWatermark: string; messages: FetchedMessage[] }[] }[]
    }>
    joinGroup(request: {
      groupId: string
      sessionTimeout: number
      rebalanceTimeout: number
      memberId: string
      groupProtocols: { name: string; metadata: Buffer }[]
    }): Promise<{ generationId: number; leaderId: string; memberId: string; members: { memberId: string }[] }>
    syncGroup(request: {
      groupId: string
      generationId: number
      memberId: string
      groupAssignment: { memberId: string; memberAssignment: Buffer }[]
    }): Promise<{ memberAssignment: Buffer }>
    deleteRecords(request: { topics: TopicAnswer<{ partition: number; offset: string }>[] }): Promise<unknown>
    heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>
    leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
    offsetCommit(request: {
      groupId: string
      groupGenerationId: number
      memberId: string
      topics: TopicAnswer<{ partition: number; offset: string; metadata: string }>[]
    }): Promise<unknown>
    offsetFetch(request: { groupId: string; topics: TopicAnswer<{ partition: number }>[] }): Promise<{
      responses: TopicAnswer<{ partition: number; offset: string; metadata: string | null }>[]
    }>
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    pending: unknown[]
    scheduleCheckPendingRequests(): void
  }
  export = RequestQueue
}
