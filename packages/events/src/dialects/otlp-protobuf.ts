import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { emptyFields } from './json-body.ts'

/** A log record of either encoding. Attributes are scalars; a nested value is decoded as an empty object, which no property accepts. */
export interface OtlpRecord {
  /** Nanoseconds since 1970. */
  readonly time: unknown
  readonly observed: unknown
  readonly eventName: unknown
  /** Names of the record's other fields, which a native event cannot hold. */
  readonly others: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
  /** The attributes of the record's resource. */
  readonly resource: Readonly<Record<string, unknown>>
}

/** The fields of a record other than its time, name and attributes: number in protobuf, name in JSON. */
export const OTHER_FIELDS: ReadonlyMap<number, string> = new Map([
  [2, 'severityNumber'],
  [3, 'severityText'],
  [5, 'body'],
  [7, 'droppedAttributesCount'],
  [8, 'flags'],
  [9, 'traceId'],
  [10, 'spanId'],
])

/** Called for each field of a message; returns false to skip the field. */
type OnField = (field: number, reader: BinaryReader) => boolean

/**
 * The log records of an `ExportLogsServiceRequest` (opentelemetry/proto/logs/v1/logs.proto), or null for other bytes. Messages are read to a
 * fixed depth, so that nesting uses no stack.
 */
export function decodeLogs(bytes: Uint8Array): readonly OtlpRecord[] | null {
  const records: OtlpRecord[] = []
  try {
    readMessage(bytes, (field, reader) => {
      if (field !== 1) return false
      readResourceLogs(reader.bytes(), records)
      return true
    })
  } catch {
    // The reader throws when the bytes are not a protobuf message.
    return null
  }
  return records
}

/** An `ExportLogsServiceResponse`: empty when there is no message. */
export function encodePartialSuccess(rejected: number, message: string): Uint8Array {
  if (message === '') return new Uint8Array(0)
  const partial = new BinaryWriter().tag(1, 0).int64(rejected).tag(2, 2).string(message).finish()
  return new BinaryWriter().tag(1, 2).bytes(partial).finish()
}

function readMessage(bytes: Uint8Array, onField: OnField): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (!onField(field, reader)) reader.skip(type, field)
  }
}

function readResourceLogs(bytes: Uint8Array, records: OtlpRecord[]): void {
  const resource = emptyFields()
  const scopes: Uint8Array[] = []
  readMessage(bytes, (field, reader) => {
    if (field === 1) readMessage(reader.bytes(), attributesInto(resource, 1))
    else if (field === 2) scopes.push(reader.bytes())
    else return false
    return true
  })
  for (const scope of scopes) {
    readMessage(scope, (field, reader) => {
      if (field !== 2) return false
      records.push(readRecord(reader.bytes(), resource))
      return true
    })
  }
}

function readRecord(bytes: Uint8Array, resource: Readonly<Record<string, unknown>>): OtlpRecord {
  const attributes = emptyFields()
  const others: string[] = []
  const onAttribute = attributesInto(attributes, 6)
  const record = {
    time: undefined as unknown,
    observed: undefined as unknown,
    eventName: undefined as unknown,
    others,
    attributes,
    resource,
  }
  readMessage(bytes, (field, reader) => {
    if (field === 1) record.time = reader.fixed64()
    else if (field === 11) record.observed = reader.fixed64()
    else if (field === 12) record.eventName = reader.string()
    else if (field === 6) return onAttribute(field, reader)
    else {
      const name = OTHER_FIELDS.get(field)
      if (name !== undefined) others.push(name)
      return false
    }
    return true
  })
  return record
}

/** Reads the `KeyValue` messages of one field. */
function attributesInto(attributes: Record<string, unknown>, ofField: number): OnField {
  return (field, reader) => {
    if (field !== ofField) return false
    let key = ''
    let value: unknown = null
    readMessage(reader.bytes(), (inner, pair) => {
      if (inner === 1) key = pair.string()
      else if (inner === 2) value = readValue(pair.bytes())
      else return false
      return true
    })
    attributes[key] = value
    return true
  }
}

function readValue(bytes: Uint8Array): unknown {
  let value: unknown = null
  readMessage(bytes, (field, reader) => {
    if (field === 1) value = reader.string()
    else if (field === 2) value = reader.bool()
    else if (field === 3) value = Number(reader.int64())
    else if (field === 4) value = reader.double()
    else {
      value = {}
      return false
    }
    return true
  })
  return value
}
