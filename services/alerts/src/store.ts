import type { Acknowledgement, Silence } from '@northstar/alerting'
import { type Change, StateConflict, type StateStore } from '@northstar/state'
import {
  DELIVERIES,
  type Delivery,
  type DigestDocument,
  digestKey,
  GROUPS,
  type GroupDocument,
  groupDocumentKey,
  OUTBOX,
  type OutboxItem,
  outboxKey,
  RULES,
  type RuleDocument,
  readAcknowledgements,
  readDigests,
  readSilences,
} from './documents.ts'
import type { Leadership } from './leadership.ts'
import type { Queued } from './queue.ts'

/** The outcomes of a turn, which are written before any message is sent. */
export interface Outcomes {
  /** By rule. */
  readonly rules: ReadonlyMap<string, RuleDocument>
  readonly messages: readonly Queued[]
  /** By group key; null deletes the group. */
  readonly groups: ReadonlyMap<string, GroupDocument | null>
  /** Digests whose messages are in `messages`. */
  readonly digests: readonly DigestDocument[]
}

export interface Stored {
  readonly rules: ReadonlyMap<string, RuleDocument>
  readonly groups: ReadonlyMap<string, GroupDocument>
  readonly messages: readonly Queued[]
}

export interface Requests {
  readonly silences: readonly Silence[]
  readonly acknowledgements: readonly Acknowledgement[]
  readonly digests: readonly DigestDocument[]
}

export interface AlertStore {
  /** Loads the state of a new leader. Deletes messages that no group document covers: their group creates them again. */
  load(): Promise<Stored>
  /** Writes the outcomes of a turn in an order in which a crash between two writes loses and duplicates nothing. Returns whether there were any. */
  persistOutcomes(outcomes: Outcomes): Promise<boolean>
  /** Writes that a message will be retried. */
  persistRetry(entry: Queued): Promise<void>
  /** Writes that a message ended. @param doneGroup its group, if nothing else is left of it */
  persistEnd(entry: Queued, delivery: Delivery, doneGroup: string | undefined): Promise<void>
  deleteRule(rule: string): Promise<void>
  /** Reads the documents that others store for the engine: silences, acknowledgements, digests to send. */
  readRequests(): Promise<Requests>
}

/** Number of documents in one write. The lease is renewed between writes. */
const CHUNK = 500

/** The documents of the alerts engine. Every write is fenced by the lease, so a former leader cannot write. */
export function createAlertStore(state: StateStore, leadership: Leadership): AlertStore {
  const writing = new Set<Promise<unknown>>()
  const tracked = <T>(write: Promise<T>): Promise<T> => {
    const settled: Promise<unknown> = write.then(
      () => writing.delete(settled),
      () => writing.delete(settled),
    )
    writing.add(settled)
    return write
  }
  const put = (key: string, value: unknown) => tracked(state.put(key, value, leadership.fence()))
  const remove = (key: string) => tracked(state.delete(key, leadership.fence()))

  async function inChunks<T>(list: readonly T[], write: (one: T) => Promise<unknown>): Promise<void> {
    for (let at = 0; at < list.length; at += CHUNK) {
      if (at > 0) await leadership.hold()
      await Promise.all(list.slice(at, at + CHUNK).map(write))
    }
  }

  async function listed<T>(prefix: string): Promise<readonly (readonly [string, T])[]> {
    return (await state.list<T>(prefix)).map(({ key, value }) => [key.slice(prefix.length), value])
  }

  return {
    async load() {
      // Unfinished writes of an earlier lease would change the documents after they were read.
      await Promise.all(writing)
      const rules = await listed<RuleDocument>(RULES)
      const groups = new Map((await listed<GroupDocument>(GROUPS)).map(([, document]) => [document.key, document]))
      const found = (await listed<OutboxItem>(OUTBOX)).map(([name, item]) => ({ number: Number(name), item }))
      const messages = found.filter(({ item }) => isCovered(item, groups))
      await inChunks(
        found.filter(({ item }) => !isCovered(item, groups)),
        ({ number }) => remove(outboxKey(number)),
      )
      const queued = new Set(messages.map(({ item }) => item.step?.group))
      const done = [...groups.values()].filter(({ key, group }) => group === null && !queued.has(key))
      await inChunks(done, ({ key }) => remove(groupDocumentKey(key)))
      for (const { key } of done) groups.delete(key)
      return { rules: new Map(rules), groups, messages }
    },

    async persistOutcomes(outcomes) {
      const changes = changesOf(outcomes)
      for (let at = 0; at < changes.length; at += CHUNK) {
        if (at > 0) await leadership.hold()
        await tracked(state.write(changes.slice(at, at + CHUNK), leadership.fence()))
      }
      // Messages are sent only under a valid lease. One that ran out during a long write is renewed unless another replica has taken it.
      if ((await leadership.hold()) !== 'held') throw new StateConflict('alerts')
      return changes.length > 0
    },

    persistRetry: async ({ number, item }) => {
      await put(outboxKey(number), item)
    },

    async persistEnd({ number }, delivery, doneGroup) {
      // One write, started at once, so that a turn that creates the group again writes after it.
      const changes: readonly Change[] = [
        { key: outboxKey(number), value: undefined },
        { key: `${DELIVERIES}${String(delivery.at).padStart(15, '0')}-${delivery.id}`, value: delivery },
        ...(doneGroup === undefined ? [] : [{ key: groupDocumentKey(doneGroup), value: undefined }]),
      ]
      await tracked(state.write(changes, leadership.fence()))
    },

    deleteRule: rule => remove(RULES + rule),

    async readRequests() {
      const [silences, acknowledgements, digests] = await Promise.all([
        readSilences(state),
        readAcknowledgements(state),
        readDigests(state),
      ])
      return { silences, acknowledgements, digests }
    },
  }
}

/** Whether the message's group has passed the step that created it. */
function isCovered({ step }: OutboxItem, groups: ReadonlyMap<string, GroupDocument>): boolean {
  if (!step) return true
  const document = groups.get(step.group)
  if (!document) return false
  return document.createdAt > step.createdAt || (document.createdAt === step.createdAt && document.seq > step.seq)
}

/** The outcomes as changes of documents, in the order of the writes. */
function changesOf({ rules, messages, groups, digests }: Outcomes): readonly Change[] {
  return [
    // 1. The rules' states. Groups are derived from them, so they come first.
    ...[...rules].map(([rule, value]) => ({ key: RULES + rule, value })),
    // 2. Messages. They are not valid before 3: a new leader deletes uncovered ones, and their group creates them again with the same ids.
    ...messages.map(({ number, item }) => ({ key: outboxKey(number), value: item })),
    // 3. Groups, which make their messages valid.
    ...[...groups].map(([key, document]) => ({ key: groupDocumentKey(key), value: document ?? undefined })),
    // 4. Digests. After a crash their messages are created again with the same ids, which the queue ignores.
    ...digests.map(takenDigest),
  ]
}

/** The document of a digest whose messages are stored. */
function takenDigest({ receiver, until }: DigestDocument): Change {
  return { key: digestKey(receiver), value: { receiver, until, notification: null } satisfies DigestDocument }
}
