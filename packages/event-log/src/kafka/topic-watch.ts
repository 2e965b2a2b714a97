import type { Logger } from '../logger.ts'
import type { Ask } from './ask.ts'
import { topicId } from './topic-id.ts'

/** The properties of a topic that may change while it is used. */
export interface TopicState {
  readonly id: string
  /** In ascending order. */
  readonly partitions: readonly number[]
}

export interface TopicWatch {
  readonly state: () => TopicState
  /** Calls the listener after each change. Returns a function that removes the listener. */
  onChange(listener: (state: TopicState) => void): () => void
  stop(): void
}

export interface TopicWatchOptions {
  readonly topic: string
  readonly everyMs: number
  readonly ask: Ask
}

/** Reads the topic's id and partitions now and at each interval. Rejects if the first read fails. */
export async function watchTopic({ topic, everyMs, ask }: TopicWatchOptions, logger: Logger): Promise<TopicWatch> {
  const listeners = new Set<(state: TopicState) => void>()
  const read = () =>
    ask(async (cluster): Promise<TopicState> => {
      await cluster.refreshMetadata()
      const partitions = cluster.findTopicPartitionMetadata(topic).map(partition => partition.partitionId)
      return { id: await topicId(cluster, topic), partitions: partitions.sort((a, b) => a - b) }
    })
  let state = await read()

  async function check(): Promise<void> {
    const found = await read()
    if (found.id === state.id && found.partitions.length === state.partitions.length) return
    logger.info({ topic, before: state, after: found }, 'the topic has changed')
    state = found
    for (const listener of listeners) listener(state)
  }

  const timer = setInterval(() => check().catch((error: unknown) => logger.debug({ err: error, topic }, 'the topic is not known')), everyMs)
  timer.unref()
  return {
    state: () => state,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () => clearInterval(timer),
  }
}
