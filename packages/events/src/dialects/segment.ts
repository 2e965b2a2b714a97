import { type Dialect, IGNORED, mediaType, outcomeMembers, type ParseContext, refuseItem } from './dialect.ts'
import { type Fields, fault, fieldsOf, idText, isFields, parseJson, stringsNamed, timeOf, tooMany } from './json-body.ts'

const TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
/** Members of a call that are mapped to the native event, or ignored as its envelope. */
const KNOWN: ReadonlySet<string> = new Set(
  'type event name category userId anonymousId groupId previousId properties traits context timestamp originalTimestamp sentAt receivedAt messageId writeKey channel version integrations _metadata'.split(
    ' ',
  ),
)
/** Fields of a call of another type than `track` that its event does not have. */
const NAMES = ['name', 'category', 'groupId', 'previousId'] as const
const BATCH_PATHS: ReadonlySet<string> = new Set(['/v1/batch', '/v1/b', '/v1/import'])
/** The library for browsers posts to paths of one letter. */
const TYPE_OF_PATH: ReadonlyMap<string, string> = new Map(
  TYPES.flatMap(type => [`/v1/${type}`, `/v1/${type.charAt(0)}`].map(path => [path, type] as const)),
)
const MAX_BODY_BYTES = 500 * 1024
const MAX_CALL_BYTES = 32 * 1024

/** The HTTP tracking API of Segment: `track` becomes an event, another call only if the tracking plan has an event with its name. */
export const segment: Dialect = {
  name: 'segment',
  paths: [...BATCH_PATHS, ...TYPE_OF_PATH.keys()],
  contentTypes: ['application/json', 'text/plain'],
  findKeys: body => stringsNamed(body, ['writeKey']),
  recognises: ({ headers }) => ['application/json', 'text/plain', ''].includes(mediaType(headers['content-type']).type),
  *parse(body, context) {
    if (body.length > MAX_BODY_BYTES) return fault('malformed', `the body is larger than ${MAX_BODY_BYTES} bytes: send it in parts`)
    const parsed = parseJson(body, context.limits)
    if (!parsed.ok) return parsed
    yield
    if (!isFields(parsed.value)) return fault('malformed', 'the body must be an object')
    const envelope = parsed.value
    const isBatch = BATCH_PATHS.has(context.path)
    if (isBatch && !Array.isArray(envelope.batch)) return fault('malformed', 'the body needs a member batch, an array')
    const items = isBatch ? (envelope.batch as readonly unknown[]) : [envelope]
    if (items.length === 0) return fault('malformed', 'the batch holds no event')
    if (items.length > context.limits.maxEvents) return tooMany(context.limits)
    const unmapped = new Set<string>()
    const outer = isBatch ? fieldsOf(envelope.context) : {}
    // A call in a body below the limit is below it too.
    const isLarge = body.length > MAX_CALL_BYTES
    return {
      ok: true,
      batch: {
        items,
        toEvent: item =>
          isLarge && JSON.stringify(item).length > MAX_CALL_BYTES
            ? refuseItem('too_long', null, `a call may have at most ${MAX_CALL_BYTES} bytes`)
            : toEvent(item, outer, context, unmapped),
        unmapped,
        sentAt: timeOf(envelope.sentAt ?? fieldsOf(items[0]).sentAt),
      },
    }
  },
  answer: outcome => ({
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({ success: true, ...outcomeMembers(outcome) }),
  }),
}

function toEvent(item: unknown, outer: Fields, { path, declares }: ParseContext, unmapped: Set<string>): unknown {
  if (!isFields(item)) return item
  const type = item.type ?? TYPE_OF_PATH.get(path)
  const isTrack = type === 'track'
  if (!isTrack && (typeof type !== 'string' || !declares(type))) {
    return TYPES.some(known => known === type) ? IGNORED : refuseItem('not_allowed', 'type', `type must be one of ${TYPES.join(', ')}`)
  }
  for (const name in item) if (!KNOWN.has(name)) unmapped.add(name.slice(0, 64))
  if (!isTrack) for (const name of NAMES) if (item[name] !== undefined) unmapped.add(name)
  if (item.userId && item.anonymousId) unmapped.add('anonymousId')
  if (item.properties && item.traits) unmapped.add('traits')
  const context: Fields = { ...outer, ...fieldsOf(item.context) }
  for (const name in context) if (name !== 'sessionId') unmapped.add(`context.${name}`.slice(0, 64))
  return {
    event: isTrack ? item.event : type,
    id: item.messageId,
    timestamp: item.timestamp ?? item.originalTimestamp,
    user_id: idText(item.userId || item.anonymousId),
    session_id: idText(context.sessionId),
    properties: item.properties ?? item.traits,
  }
}
