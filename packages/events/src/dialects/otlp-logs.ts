import { hash } from 'node:crypto'
import { type Dialect, type DialectRequest, mediaType, type Outcome, totalRejected } from './dialect.ts'
import { emptyFields, fault, fieldsOf, isFields, listOf, parseJson, tooMany } from './json-body.ts'
import { decodeLogs, encodePartialSuccess, OTHER_FIELDS, type OtlpRecord } from './otlp-protobuf.ts'

const PROTOBUF = 'application/x-protobuf'
/** Attributes that become fields of the native event rather than properties. */
const PLACED: ReadonlySet<string> = new Set(['event.name', 'user.id', 'enduser.id', 'session.id', 'log.record.uid'])
/** How many refused records the answer's message describes. */
const DESCRIBED = 10

/** OpenTelemetry's logs over HTTP, in JSON and protobuf: each record is an event by its name, with its attributes as properties. */
export const otlpLogs: Dialect = {
  name: 'otlp-logs',
  paths: ['/v1/logs'],
  contentTypes: ['application/json', PROTOBUF],
  recognises: ({ headers }) => ['application/json', PROTOBUF].includes(mediaType(headers['content-type']).type),
  *parse(body, context) {
    if (body.length === 0) return fault('malformed', 'the body is empty')
    const records = isProtobuf(context) ? decodeLogs(body) : recordsOfJson(parseJson(body, context.limits))
    if (records === null) return fault('malformed', 'the body is not an ExportLogsServiceRequest')
    if (records.length > context.limits.maxEvents) return tooMany(context.limits)
    yield
    const unmapped = new Set<string>()
    // Records have no id. A retry sends the same bytes, so their hash and the position identify a record.
    const request = hash('sha256', body, 'hex').slice(0, 32)
    return {
      ok: true,
      batch: { items: records, toEvent: (item, index) => toEvent(item as OtlpRecord, `${request}:${index}`, unmapped), unmapped },
    }
  },
  answer(outcome, request) {
    const rejected = totalRejected(outcome)
    const message = messageOf(outcome)
    if (isProtobuf(request)) return { status: 200, contentType: PROTOBUF, body: encodePartialSuccess(rejected, message) }
    const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: message }
    return { status: 200, contentType: 'application/json', body: JSON.stringify(message === '' ? {} : { partialSuccess }) }
  },
}

const isProtobuf = ({ headers }: DialectRequest): boolean => mediaType(headers['content-type']).type === PROTOBUF

function messageOf({ rejected, unmapped }: Outcome): string {
  const refusals = rejected.slice(0, DESCRIBED).map(({ index, message }) => `record ${index}: ${message}`)
  if (rejected.length > DESCRIBED) refusals.push('…')
  if (unmapped.length > 0) refusals.push(`not stored: ${unmapped.join(', ')}`)
  return refusals.join('; ')
}

function toEvent(record: OtlpRecord, id: string, unmapped: Set<string>): unknown {
  const { attributes, resource } = record
  for (const name of record.others) unmapped.add(name)
  for (const name in resource) if (!PLACED.has(name)) unmapped.add(`resource.${name}`.slice(0, 64))
  const properties = emptyFields()
  for (const name in attributes) if (!PLACED.has(name)) properties[name] = attributes[name]
  const identity = (...names: readonly string[]) => names.map(name => attributes[name] ?? resource[name]).find(value => value !== undefined)
  return {
    event: record.eventName || attributes['event.name'],
    id: attributes['log.record.uid'] ?? id,
    timestamp: milliseconds(record.time) ?? milliseconds(record.observed),
    user_id: identity('user.id', 'enduser.id'),
    session_id: identity('session.id'),
    properties,
  }
}

/** Nanoseconds since 1970 as milliseconds; undefined for 0, which means unknown. Any other value is returned for the validator to refuse. */
function milliseconds(nanos: unknown): unknown {
  if (nanos === undefined || nanos === null) return undefined
  if (typeof nanos === 'object') return nanos
  const text = String(nanos)
  if (!/^\d{1,20}$/.test(text)) return text
  const ms = Number(BigInt(text) / 1_000_000n)
  return ms === 0 ? undefined : ms
}

function recordsOfJson(parsed: ReturnType<typeof parseJson>): readonly OtlpRecord[] | null {
  if (!parsed.ok || !isFields(parsed.value) || !Array.isArray(parsed.value.resourceLogs)) return null
  const records: OtlpRecord[] = []
  for (const { resource, scopeLogs } of parsed.value.resourceLogs.map(fieldsOf)) {
    const resourceAttributes = attributesOfJson(fieldsOf(resource).attributes)
    for (const { logRecords } of listOf(scopeLogs).map(fieldsOf)) {
      for (const record of listOf(logRecords).map(fieldsOf)) {
        records.push({
          time: record.timeUnixNano,
          observed: record.observedTimeUnixNano,
          eventName: record.eventName,
          others: othersOfJson(record),
          attributes: attributesOfJson(record.attributes),
          resource: resourceAttributes,
        })
      }
    }
  }
  return records
}

/** A number or text without a value is as absent as in protobuf, which does not send it. */
const othersOfJson = (record: Readonly<Record<string, unknown>>): readonly string[] =>
  [...OTHER_FIELDS.values()].filter(name => !UNSET.has(record[name]))

const UNSET: ReadonlySet<unknown> = new Set([undefined, null, 0, ''])

function attributesOfJson(attributes: unknown): Record<string, unknown> {
  const result = emptyFields()
  for (const { key, value } of listOf(attributes).map(fieldsOf)) if (typeof key === 'string') result[key] = valueOfJson(fieldsOf(value))
  return result
}

function valueOfJson(value: Readonly<Record<string, unknown>>): unknown {
  // OTLP's JSON writes 64-bit integers as strings.
  const number = value.intValue ?? value.doubleValue
  if (number !== undefined) return Number(number)
  const isNested = (value.arrayValue ?? value.kvlistValue ?? value.bytesValue ?? null) !== null
  return value.stringValue ?? value.boolValue ?? (isNested ? {} : null)
}
