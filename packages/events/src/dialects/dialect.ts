import { type Rejection, type RejectionCode, reject } from '../rejection.ts'

/** What of an HTTP request a dialect goes by. */
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
  /** How deep brackets may nest. */
  readonly maxDepth: number
}

export interface ParseContext extends DialectRequest {
  /** When the request arrived, epoch ms. */
  readonly receivedAt: number
  readonly limits: BodyLimits
  /** Whether the tracking plan has an event of that name. */
  readonly declares: (event: string) => boolean
}

/** Why a body as a whole cannot be taken. The message is a clause without a capital and a full stop. */
export interface BodyFault {
  readonly code: 'malformed' | 'too_large'
  readonly message: string
}

/** The events of a body in the sender's form. */
export interface Batch {
  readonly items: readonly unknown[]
  /**
   * The native event of an item, not yet checked; {@link IGNORED} for an item that the dialect knows and that is no event of a product;
   * {@link refuseItem} for one that it cannot express. An item of the wrong shape is returned as it is, for the check to refuse.
   */
  toEvent(item: unknown, index: number): unknown
  /** The sender's clock when it sent, epoch ms. */
  readonly sentAt?: number
  /** Names of fields that have no place in a native event; filled by {@link toEvent}. */
  readonly unmapped: ReadonlySet<string>
}

export const IGNORED: unique symbol = Symbol('ignored')
const REFUSED: unique symbol = Symbol('refused')

export const refuseItem = (...args: Parameters<typeof reject>): unknown => ({ [REFUSED]: reject(...args) })

/** Why {@link Batch.toEvent} refused an item; undefined when it did not. */
export const refusalOf = (event: unknown): Rejection | undefined => (event as { readonly [REFUSED]?: Rejection } | null)?.[REFUSED]

export type ParsedBody = { readonly ok: true; readonly batch: Batch } | { readonly ok: false; readonly fault: BodyFault }

/** A refused event, by its position in the body. */
export interface IndexedRejection extends Rejection {
  readonly index: number
}

export interface Outcome {
  readonly accepted: number
  /** Of the accepted ones: how many violate the tracking plan and are kept aside. */
  readonly quarantined: number
  /** Of the accepted ones: how many are stored without properties that violate the tracking plan. */
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

/** A form in which events arrive. Pure: bytes in, candidate events out, an outcome in, the vendor's answer out. */
export interface Dialect {
  readonly name: string
  /** Paths that take a POST, without a slash at the end; a request may have one. `{name}` stands for any one part. */
  readonly paths: readonly string[]
  /** Named to a sender whose content type no dialect of the path recognises. */
  readonly contentTypes: readonly string[]
  /** Whether a request to one of the paths is in this dialect. The first dialect that recognises it takes it. */
  recognises(request: DialectRequest): boolean
  /**
   * What may be the write key in a body, found without parsing it, so that nobody without a key has anything parsed. Absent: the key is in
   * the Authorization header alone, where it may be in any dialect.
   */
  keysIn?(body: Uint8Array, request: DialectRequest): readonly string[]
  /** The body's encoding where the request names it elsewhere than in `Content-Encoding`. */
  encoding?(request: DialectRequest): string | undefined
  /** Yields wherever the caller may let other work run. */
  parse(body: Uint8Array, context: ParseContext): Generator<void, ParsedBody>
  answer(outcome: Outcome, request: DialectRequest): Answer
}

/** Whether a dialect takes requests to a path, which has no slash at the end. */
export function takesPath({ paths }: Dialect, path: string): boolean {
  const parts = path.split('/')
  return paths.some(own => {
    const expected = own.split('/')
    return expected.length === parts.length && expected.every((part, i) => part === parts[i] || (part.startsWith('{') && parts[i] !== ''))
  })
}

export const totalRejected = ({ rejected, moreRejected }: Outcome): number =>
  Object.values(moreRejected).reduce((sum, n) => sum + n, rejected.length)

/** The outcome as members of a JSON answer; what is empty is left out, but for the list of rejections. */
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
