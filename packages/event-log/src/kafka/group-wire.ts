import kafkajs from 'kafkajs'
import type { Broker } from 'kafkajs/src/broker/index.js'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Commit } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { isMembershipLost, protocolErrorType } from './errors.ts'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol

export interface GroupOptions {
  readonly topic: string
  readonly group: string
  readonly sessionTimeoutMs: number
  /** How long the group waits for a member to give up its partitions. */
  readonly rebalanceTimeoutMs: number
}

/** A member's assignment between two rebalances. The broker checks its id at every commit. */
export interface Generation {
  readonly id: number
  readonly memberId: string
  readonly partitions: readonly number[]
}

/** A member of a consumer group, in Kafka's classic protocol. Every method makes one attempt and rejects with kafkajs' errors. */
export interface GroupWire {
  /** Joins, or joins again. Resolves once the other members have given up their partitions. */
  join(): Promise<Generation>
  heartbeat(generation: Generation): Promise<void>
  commit(generation: Generation, partition: number, commit: Commit): Promise<void>
  committed(partitions: readonly number[]): Promise<ReadonlyMap<number, Commit>>
  leave(): Promise<void>
}

/** The name of kafkajs' own assigner, whose encoding is used here too. */
const ASSIGNER = 'RoundRobinAssigner'
const NO_BYTES = Buffer.alloc(0)

export function createGroupWire(connection: KafkaConnection, options: GroupOptions): GroupWire {
  const { topic, group: groupId } = options
  let memberId = ''
  let coordinator: { readonly of: Cluster; readonly broker: Promise<Broker> } | undefined

  async function ask<T>(request: (broker: Broker, cluster: Cluster) => Promise<T>): Promise<T> {
    try {
      const cluster = await connection.cluster()
      if (coordinator?.of !== cluster) coordinator = { of: cluster, broker: cluster.findGroupCoordinator({ groupId }) }
      return await request(await coordinator.broker, cluster)
    } catch (error) {
      // Any error that is not about the membership may mean that the coordinator has stopped or moved.
      if (!isMembershipLost(error)) {
        coordinator = undefined
        connection.drop()
      }
      throw error
    }
  }

  return {
    async join() {
      try {
        return await ask(async (broker, cluster) => {
          const joined = await broker.joinGroup({
            groupId,
            memberId,
            sessionTimeout: options.sessionTimeoutMs,
            rebalanceTimeout: options.rebalanceTimeoutMs,
            groupProtocols: [{ name: ASSIGNER, metadata: MemberMetadata.encode({ version: 0, topics: [topic], userData: NO_BYTES }) }],
          })
          memberId = joined.memberId
          const id = joined.generationId
          const leads = joined.leaderId === memberId
          const groupAssignment = leads ? await assign(cluster, topic, joined.members) : []
          const synced = await broker.syncGroup({ groupId, generationId: id, memberId, groupAssignment })
          const partitions = MemberAssignment.decode(synced.memberAssignment)?.assignment[topic] ?? []
          return { id, memberId, partitions }
        })
      } catch (error) {
        if (protocolErrorType(error) === 'UNKNOWN_MEMBER_ID') memberId = ''
        throw error
      }
    },

    async heartbeat({ id, memberId }) {
      await ask(broker => broker.heartbeat({ groupId, groupGenerationId: id, memberId }))
    },

    async commit({ id, memberId }, partition, commit) {
      const partitions = [{ partition, offset: String(commit.offset), metadata: encodeMetadata(commit) }]
      await ask(broker => broker.offsetCommit({ groupId, groupGenerationId: id, memberId, topics: [{ topic, partitions }] }))
    },

    committed: partitions => ask(broker => fetchCommitted(broker, groupId, topic, partitions)),

    async leave() {
      if (memberId === '') return
      await ask(broker => broker.leaveGroup({ groupId, memberId }))
      memberId = ''
    },
  }
}

/** The commits of a group, by partition. Partitions without a commit are absent. */
export async function fetchCommitted(
  broker: Broker,
  groupId: string,
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, Commit>> {
  const commits = new Map<number, Commit>()
  if (partitions.length === 0) return commits
  const { responses } = await broker.offsetFetch({ groupId, topics: [{ topic, partitions: partitions.map(partition => ({ partition })) }] })
  for (const { partitions } of responses) {
    for (const { partition, offset, metadata } of partitions) {
      if (Number(offset) >= 0) commits.set(partition, { offset: Number(offset), ...decodeMetadata(metadata ?? '') })
    }
  }
  return commits
}

/** `keepFrom` is written before the metadata, after an `@`, with which no metadata of Northstar begins. */
const encodeMetadata = ({ metadata, keepFrom }: Commit) => (keepFrom === undefined ? metadata : `@${keepFrom} ${metadata}`)

function decodeMetadata(text: string): Omit<Commit, 'offset'> {
  const [whole, keepFrom] = /^@(\d+) /.exec(text) ?? []
  return whole === undefined ? { metadata: text } : { metadata: text.slice(whole.length), keepFrom: Number(keepFrom) }
}

async function assign(cluster: Cluster, topic: string, members: readonly { memberId: string }[]) {
  await cluster.refreshMetadata()
  const ids = members.map(member => member.memberId).sort()
  const partitions = cluster
    .findTopicPartitionMetadata(topic)
    .map(partition => partition.partitionId)
    .sort((a, b) => a - b)
  return ids.map((memberId, index) => {
    const own = partitions.filter((_, position) => position % ids.length === index)
    return { memberId, memberAssignment: MemberAssignment.encode({ version: 0, assignment: { [topic]: own }, userData: NO_BYTES }) }
  })
}
