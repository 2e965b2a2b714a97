import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Commit, LogRecord, StoredRecord } from '../port.ts'
import { decodeEntry, decodeRecord, type Entry, encodeEntry, encodeRecord, offsetOfKey, recordKey } from './record-codec.ts'

/** A partition as found at opening. */
export interface PartitionState {
  readonly earliest: number
  readonly next: number
  readonly bytes: number
  readonly lastAppendedAt: number
}

/** The LMDB file. Writes that are started in the same turn of the event loop become durable together, with one flush to disk. */
export interface Store {
  readonly incarnation: string
  readonly partitions: number
  open(partition: number): PartitionState
  /** Resolves once the record is on disk. */
  put(
    partition: number,
    offset: number,
    record: LogRecord,
    appendedAt: number,
  ): { readonly bytes: number; readonly durable: Promise<unknown> }
  putNext(partition: number, next: number): Promise<unknown>
  get(partition: number, offset: number): StoredRecord | undefined
  entry(partition: number, offset: number): Entry | undefined
  remove(partition: number, offset: number): Promise<unknown>
  commit(group: string, partition: number, commit: Commit): Promise<unknown>
  committed(group: string, partition: number): Commit | undefined
  copyTo(folder: string): Promise<void>
  /** Begins a new file that takes this one's place, so that nothing is left of what it does not take over. */
  successor(): Successor
  /** The groups that have committed anything. */
  groups(): readonly string[]
  close(): Promise<void>
}

/** A file that is being written beside the present one. */
export interface Successor {
  /** Takes records over. Resolves to their bytes once they are on disk. */
  put(records: readonly StoredRecord[]): Promise<number>
  /** Takes over commits and facts, and the present file's place. Nothing may be written meanwhile. */
  replace(): Promise<void>
  /** Forgets what was written. */
  abandon(): Promise<void>
}

interface File {
  readonly root: RootDatabase
  readonly records: Database<Buffer, Buffer>
  readonly entries: Database<Buffer, Buffer>
  readonly commits: Database<Commit, string>
  readonly facts: Database<number | string, string>
}

const DATA_FILE = 'data.mdb'
/** Holds a successor. One that a crash left behind is removed at opening. */
const DRAFT = 'successor'

function openFile(folder: string): File {
  mkdirSync(folder, { recursive: true })
  const root = open({
    path: folder,
    maxDbs: 4,
    // Every commit is flushed before its promise resolves.
    overlappingSync: false,
    // The topic's name has dots, which would make a file of it.
    noSubdir: false,
    // Unmaps what is not in use: reading 1.1 GB left 0.3 GB resident instead of 1.3 GB.
    remapChunks: true,
  })
  return {
    root,
    records: root.openDB({ name: 'records', keyEncoding: 'binary', encoding: 'binary' }),
    entries: root.openDB({ name: 'entries', keyEncoding: 'binary', encoding: 'binary' }),
    commits: root.openDB({ name: 'commits', encoding: 'json' }),
    facts: root.openDB({ name: 'facts', encoding: 'json' }),
  }
}

function putRecord({ records, entries }: File, partition: number, offset: number, record: LogRecord, appendedAt: number) {
  const key = recordKey(partition, offset)
  const bytes = encodeRecord(record, appendedAt)
  const durable = Promise.all([records.put(key, bytes), entries.put(key, encodeEntry({ appendedAt, bytes: bytes.length }))])
  return { bytes: bytes.length, durable }
}

function createSuccessor(folder: string, former: File, take: (next: File) => void): Successor {
  const draft = join(folder, DRAFT)
  rmSync(draft, { recursive: true, force: true })
  const next = openFile(draft)
  return {
    async put(some) {
      const puts = some.map(record => putRecord(next, record.partition, record.offset, record, record.appendedAt))
      await Promise.all(puts.map(({ durable }) => durable))
      return puts.reduce((sum, { bytes }) => sum + bytes, 0)
    },
    async replace() {
      for (const { key, value } of former.commits.getRange()) void next.commits.put(key, value)
      for (const { key, value } of former.facts.getRange()) void next.facts.put(key, value)
      await next.root.flushed
      // The open file goes by its handle: its name may change under it.
      renameSync(join(draft, DATA_FILE), join(folder, DATA_FILE))
      take(next)
      await former.root.close()
    },
    async abandon() {
      await next.root.close()
      rmSync(draft, { recursive: true, force: true })
    },
  }
}

/** @param partitions of a log that is made */
export function openStore(folder: string, partitions: number, growTo = 0): Store {
  rmSync(join(folder, DRAFT), { recursive: true, force: true })
  let file = openFile(folder)
  const { facts } = file

  const stored = facts.get('partitions')
  const count = Math.max(Number(stored ?? partitions), growTo)
  if (stored !== count) facts.putSync('partitions', count)

  const known = facts.get('incarnation')
  const incarnation = known === undefined ? randomBytes(12).toString('base64url') : String(known)
  if (known === undefined) facts.putSync('incarnation', incarnation)

  return {
    incarnation,
    partitions: count,
    open(partition) {
      let earliest: number | undefined
      let last: { readonly offset: number; readonly appendedAt: number } | undefined
      let bytes = 0
      for (const { key, value } of file.entries.getRange({ start: recordKey(partition, 0), end: recordKey(partition + 1, 0) })) {
        const entry = decodeEntry(value)
        const offset = offsetOfKey(key)
        earliest ??= offset
        last = { offset, appendedAt: entry.appendedAt }
        bytes += entry.bytes
      }
      // The fact alone remembers the end of a partition that retention has emptied.
      const next = Math.max(last === undefined ? 0 : last.offset + 1, Number(file.facts.get(`next/${partition}`) ?? 0))
      return { earliest: earliest ?? next, next, bytes, lastAppendedAt: last?.appendedAt ?? 0 }
    },
    put: (partition, offset, record, appendedAt) => putRecord(file, partition, offset, record, appendedAt),
    putNext: (partition, next) => file.facts.put(`next/${partition}`, next),
    get(partition, offset) {
      const bytes = file.records.getBinary(recordKey(partition, offset))
      return bytes && decodeRecord(bytes, partition, offset)
    },
    entry(partition, offset) {
      const bytes = file.entries.getBinary(recordKey(partition, offset))
      return bytes && decodeEntry(bytes)
    },
    remove(partition, offset) {
      const key = recordKey(partition, offset)
      return Promise.all([file.records.remove(key), file.entries.remove(key)])
    },
    commit: (group, partition, commit) => file.commits.put(commitKey(group, partition), commit),
    committed: (group, partition) => file.commits.get(commitKey(group, partition)),
    async copyTo(target) {
      mkdirSync(target, { recursive: true })
      await file.root.backup(target, true)
    },
    successor: () =>
      createSuccessor(folder, file, next => {
        file = next
      }),
    groups: () => [...new Set([...file.commits.getKeys()].map(key => key.slice(0, key.lastIndexOf('/'))))],
    async close() {
      await file.root.close()
    },
  }
}

function commitKey(group: string, partition: number): string {
  return `${group}/${partition}`
}
