import { hash } from 'node:crypto'
import { type Dialect, type DialectRequest, isUtf8Charset, mediaType, refuseItem } from './dialect.ts'
import { emptyFields, type Fields, fault, idText, isFields, parseItems, parseJson, utf8Body } from './json-body.ts'
import { nativeAnswer } from './native.ts'

const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'
const ATTRIBUTES: ReadonlySet<string> = new Set(
  'specversion id source type time subject datacontenttype dataschema data data_base64 userid sessionid'.split(' '),
)

/** CloudEvents 1.0 over HTTP: structured, batched and binary. Source and id together identify an event. */
export const cloudEvents: Dialect = {
  name: 'cloudevents',
  paths: ['/v1/events'],
  contentTypes: [STRUCTURED, BATCH],
  recognises(request) {
    const { type, charset } = mediaType(request.headers['content-type'])
    if (!isUtf8Charset(charset)) return false
    return type === STRUCTURED || type === BATCH || (isBinary(request) && (type === '' || isJson(type)))
  },
  *parse(body, context) {
    const { limits, headers } = context
    const unmapped = new Set<string>()
    const batch = (items: readonly unknown[]) =>
      ({ ok: true, batch: { items, toEvent: (item: unknown) => toEvent(item, unmapped), unmapped } }) as const
    if (isBinary(context)) {
      const data = body.length === 0 ? ({ ok: true, value: undefined } as const) : parseJson(body, limits)
      return data.ok ? batch([fromHeaders(headers, data.value)]) : data
    }
    const utf8 = utf8Body(body)
    if (!utf8.ok) return utf8
    const parsed = yield* parseItems(utf8.value, limits)
    if (!parsed.ok) return parsed
    const isBatch = mediaType(headers['content-type']).type === BATCH
    if (!isBatch && parsed.value.length > 1) return fault('malformed', `an array must be sent as ${BATCH}`)
    return batch(parsed.value)
  },
  answer: nativeAnswer,
}

const isBinary = ({ headers }: DialectRequest): boolean => headers['ce-specversion'] !== undefined
const isJson = (type: string): boolean => type === 'application/json' || type.endsWith('+json')

/** A binary-mode event in structured form. Header values are percent-encoded, and may be quoted. */
function fromHeaders(headers: DialectRequest['headers'], data: unknown): Fields {
  const item = emptyFields()
  for (const name in headers) if (name.startsWith('ce-')) item[name.slice(3)] = decoded(String(headers[name]))
  return { ...item, data }
}

function decoded(value: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1]
  const text = quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function toEvent(item: unknown, unmapped: Set<string>): unknown {
  if (!isFields(item)) return item
  if (typeof item.specversion !== 'string' || !item.specversion.startsWith('1.'))
    return refuseItem('not_allowed', 'specversion', 'specversion must be 1.0')
  for (const name of ['id', 'source', 'type'] as const) {
    if (typeof item[name] !== 'string' || item[name] === '')
      return refuseItem('missing_field', name, `${name} is missing: a CloudEvent needs one`)
  }
  const data = dataOf(item)
  if (data === undefined) return refuseItem('wrong_type', 'data', 'data must be an object, as JSON')
  for (const name in item) if (!ATTRIBUTES.has(name)) unmapped.add(name.slice(0, 64))
  const givenUser = data.user_id ?? item.userid
  if (givenUser !== undefined && item.subject !== undefined && item.subject !== givenUser) unmapped.add('subject')
  const { user_id: user = givenUser ?? item.subject, session_id: session = item.sessionid, ...properties } = data
  return {
    event: item.type,
    id: hash('sha256', `${item.source}\n${item.id}`, 'hex'),
    timestamp: item.time,
    user_id: idText(user),
    session_id: idText(session),
    properties,
  }
}

/** The data as fields; undefined when it is not an object. */
function dataOf(item: Fields): Fields | undefined {
  if (typeof item.data_base64 === 'string') {
    try {
      const data: unknown = JSON.parse(
        Buffer.from(item.data_base64, 'base64')
          .toString('utf8')
          .replace(/^\ufeff/, ''),
      )
      return isFields(data) ? data : undefined
    } catch {
      return undefined
    }
  }
  if (item.data === undefined || item.data === null) return {}
  return isFields(item.data) ? item.data : undefined
}
