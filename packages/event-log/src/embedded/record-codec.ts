import type { LogRecord, StoredRecord } from '../port.ts'

/** Encodes a record for the file: time (f64), length of the headers (u32), headers, value. Numbers are big-endian. */
export function encodeRecord(record: LogRecord, appendedAt: number): Buffer {
  const headers = Object.entries(record.headers).map(([name, value]) => ({ name: Buffer.from(name), value }))
  const headersLength = headers.reduce((sum, { name, value }) => sum + 6 + name.length + value.byteLength, 0)
  const bytes = Buffer.allocUnsafe(12 + headersLength + record.value.byteLength)
  let at = bytes.writeDoubleBE(appendedAt, 0)
  at = bytes.writeUInt32BE(headersLength, at)
  for (const { name, value } of headers) {
    at = bytes.writeUInt16BE(name.length, at)
    at += name.copy(bytes, at)
    at = bytes.writeUInt32BE(value.byteLength, at)
    bytes.set(value, at)
    at += value.byteLength
  }
  bytes.set(record.value, at)
  return bytes
}

/** The value and headers of the record are views of `bytes`, not copies. */
export function decodeRecord(bytes: Buffer, partition: number, offset: number): StoredRecord {
  const appendedAt = bytes.readDoubleBE(0)
  const valueAt = 12 + bytes.readUInt32BE(8)
  const headers: Record<string, Uint8Array> = {}
  let at = 12
  while (at < valueAt) {
    const nameEnd = at + 2 + bytes.readUInt16BE(at)
    const name = bytes.toString('utf8', at + 2, nameEnd)
    const end = nameEnd + 4 + bytes.readUInt32BE(nameEnd)
    headers[name] = bytes.subarray(nameEnd + 4, end)
    at = end
  }
  return { partition, offset, appendedAt, headers, value: bytes.subarray(valueAt) }
}

/** Time and stored size of a record: retention and searching by time do not have to read the record itself. */
export interface Entry {
  readonly appendedAt: number
  readonly bytes: number
}

export function encodeEntry({ appendedAt, bytes }: Entry): Buffer {
  const entry = Buffer.allocUnsafe(12)
  entry.writeDoubleBE(appendedAt, 0)
  entry.writeUInt32BE(bytes, 8)
  return entry
}

export function decodeEntry(entry: Buffer): Entry {
  return { appendedAt: entry.readDoubleBE(0), bytes: entry.readUInt32BE(8) }
}

/** Keys sort by partition, then by offset. */
export function recordKey(partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(10)
  key.writeUInt16BE(partition, 0)
  key.writeBigUInt64BE(BigInt(offset), 2)
  return key
}

export function offsetOfKey(key: Buffer): number {
  return Number(key.readBigUInt64BE(2))
}
