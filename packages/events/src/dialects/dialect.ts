import { type Rejection, type RejectionCode, reject } from '../rejection.ts'

/** The parts of an HTTP request that dialects read. */
export interface DialectRequest {
  /** Without a slash at the end. */
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface BodyLimits {
  /** Bytes of one event. */
  readonly maxEventBytes: number
  /** Events of one body. */
  readonly maxEvents: number
  /** How deep arrays and objects may nest. */
  readonly maxDepth: number
}

export interface ParseContext extends DialectRequest {
  /** When the request arrived, epoch ms. */
  readonly receivedAt: number
  readonly limits: BodyLimits
  /** Whether the tracking plan has an event of that name. */
  readonly declares: (event: string) => boolean
}

/** The reason that a whole body is refused. `message` is a clause without a capital and a full stop. */
export interface BodyFault {
  readonly code: 'malformed' | 'too_large'
  readonly message: string
}

/** The events of a body in the sender's form. */
export interface Batch {
  readonly items: readonly unknown[]
  /**
   * The native event of an item, not yet validated; {@link IGNORED} for a known item that is not an event of a product; {@link refuseItem}
   * for one that has no native form. An item of the wrong shape is returned as it is, and the validator refuses it.
   */
  toEvent(item: unknown, index: number): unknown
  /** The sender's clock when it sent, epoch ms. */
  readonly sentAt?: number
  /** Names of fields that a native event cannot hold; filled by {@link toEvent}. */
  readonly unmapped: ReadonlySet<string>
}

export const IGNORED: unique symbol = Symbol('ignored')
const REFUSED: unique symbol = Symbol('refused')

export const refuseItem = (...args: Parameters<typeof reject>): unknown => ({ [REFUSED]: reject(...args) })

/** The reason that {@link Batch.toEvent} refused an item, or undefined. */
export const refusalOf = (event: unknown): Rejection | undefined => (event as { readonly [REFUSED]?: Rejection } | null)?.[REFUSED]

export type ParsedBody = { readonly ok: true; readonly batch: Batch } | { readonly ok: false; readonly fault: BodyFault }

/** A refused event, by its position in the body. */
export interface IndexedRejection extends Rejection {
  readonly index: number
}

export interface Outcome {
  readonly accepted: number
  /** How many accepted events violate the tracking plan and are quarantined. */
  readonly quarantined: number
  /** How many accepted events are stored without the properties that violate the tracking plan. */
  readonly flagged: number
  /** The first {@link DESCRIBED_REJECTIONS} refused events. */
  readonly rejected: readonly IndexedRejection[]
  /** How many further events were refused, by code; empty when there are no more. */
  readonly moreRejected: Readonly<Partial<Record<RejectionCode, number>>>
  /** Items that were accepted and ignored. */
  readonly ignored: number
  readonly unmapped: readonly string[]
}

/** How many refused events of a body are described; further ones are counted by code, so that an answer is of bounded size. */
export const DESCRIBED_REJECTIONS = 100

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

/** A protocol in which events arrive. Pure: parses bytes into candidate events, and formats an outcome as the vendor's answer. */
export interface Dialect {
  readonly name: string
  /** Paths that take a POST, without a slash at the end; a request may have one. `{name}` stands for any one part. */
  readonly paths: readonly string[]
  /** Listed in the refusal of a content type that no dialect of the path recognises. */
  readonly contentTypes: readonly string[]
  /** Whether a request to one of the paths is in this dialect. The first dialect that recognises a request parses it. */
  recognises(request: DialectRequest): boolean
  /**
   * Candidates for the write key in a body, found without parsing, so that a body without a valid key is never parsed. Absent: the key is
   * in the Authorization header only, which every dialect supports.
   */
  findKeys?(body: Uint8Array, request: DialectRequest): readonly string[]
  /** The body's encoding where the request names it elsewhere than in `Content-Encoding`. */
  encoding?(request: DialectRequest): string | undefined
  /** Yields where the caller may run other work. */
  parse(body: Uint8Array, context: ParseContext): Generator<void, ParsedBody>
  answer(outcome: Outcome, request: DialectRequest): Answer
}

/** Whether a dialect handles requests to a path, which has no slash at the end. */
export function handlesPath({ paths }: Dialect, path: string): boolean {
  const parts = path.split('/')
  return paths.some(own => {
    const expected = own.split('/')
    return expected.length === parts.length && expected.every((part, i) => part === parts[i] || (part.startsWith('{') && parts[i] !== ''))
  })
}

export const totalRejected = ({ rejected, moreRejected }: Outcome): number =>
  Object.values(moreRejected).reduce((sum, n) => sum + n, rejected.length)

/** The outcome as members of a JSON answer. Empty members are left out, except `rejected`. */
export function outcomeMembers(outcome: Outcome): Readonly<Record<string, unknown>> {
  const { accepted, quarantined, flagged, rejected, moreRejected, ignored, unmapped } = outcome
  return {
    accepted,
    ...(quarantined > 0 && { quarantined }),
    ...(flagged > 0 && { flagged }),
    rejected,
    ...(Object.keys(moreRejected).length > 0 && { more_rejected: moreRejected }),
    ...(ignored > 0 && { ignored }),
    ...(unmapped.length > 0 && { unmapped }),
  }
}

/** The media type of a `Content-Type`, lower case and without parameters, and its charset. */
export function mediaType(header: string | readonly string[] | undefined): { readonly type: string; readonly charset: string | undefined } {
  const [type = '', ...parameters] = String(header ?? '')
    .toLowerCase()
    .split(';')
  const charset = parameters.map(p => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(p)?.[1]).find(name => name !== undefined)
  return { type: type.trim(), charset }
}

export const isUtf8Charset = (charset: string | undefined): boolean => charset === undefined || charset === 'utf-8' || charset === 'utf8'
