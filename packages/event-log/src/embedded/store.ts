import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Commit, LogRecord, StoredRecord } from '../port.ts'
import { decodeEntry, decodeRecord, type Entry, encodeEntry, encodeRecord, offsetOfKey, recordKey } from './record-codec.ts'

/** The state of a partition when the store is opened. */
export interface PartitionState {
  readonly earliest: number
  readonly next: number
  readonly bytes: number
  readonly lastAppendedAt: number
}

/** The LMDB file. Writes that start in the same turn of the event loop share one flush to disk. */
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
  /** Creates a new file to replace this one. Nothing remains of data that is not copied to it. */
  successor(): Successor
  /** The groups that have committed anything. */
  groups(): readonly string[]
  close(): Promise<void>
}

/** A new file that is being written while the present one is in use. */
export interface Successor {
  /** Writes records. Resolves to their size once they are on disk. */
  put(records: readonly StoredRecord[]): Promise<number>
  /** Copies commits and facts, then replaces the present file. Nothing may be written to the present file meanwhile. */
  replace(): Promise<void>
  /** Deletes the new file. */
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
/** Folder of a successor. A successor that a crash left behind is deleted when the store is opened. */
const DRAFT = 'successor'

function openFile(folder: string): File {
  mkdirSync(folder, { recursive: true })
  const root = open({
    path: folder,
    maxDbs: 4,
    // A write's promise resolves only after the flush to disk.
    overlappingSync: false,
    // The topic's name contains dots, so LMDB would otherwise take the path for a file.
    noSubdir: false,
    // Unused pages are unmapped: after reading 1.1 GB, 0.3 GB stay resident instead of 1.3 GB.
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

function createSuccessor(folder: string, former: File, use: (next: File) => void): Successor {
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
      // The open file is used by its handle, so it may be renamed.
      renameSync(join(draft, DATA_FILE), join(folder, DATA_FILE))
      use(next)
      await former.root.close()
    },
    async abandon() {
      await next.root.close()
      rmSync(draft, { recursive: true, force: true })
    },
  }
}

/** @param partitions of a new log */
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
      // If retention has deleted all records of a partition, only this fact tells where the partition ends.
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
