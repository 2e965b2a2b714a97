import { isUtf8 } from 'node:buffer'

export interface NativeLimits {
  /** Bytes of one event. */
  readonly maxEventBytes: number
  /** Events of one body. */
  readonly maxEvents: number
  /** How deep brackets may nest. An event needs 3 in an array. */
  readonly maxDepth: number
}

export const NATIVE_LIMITS: NativeLimits = { maxEventBytes: 64 * 1024, maxEvents: 50_000, maxDepth: 32 }

/** Why a body as a whole cannot be taken. */
export type BodyFault = { readonly code: 'malformed'; readonly message: string } | { readonly code: 'too_large'; readonly message: string }

export type ParsedBody = { readonly ok: true; readonly events: readonly unknown[] } | { readonly ok: false; readonly fault: BodyFault }

const malformed = (message: string): ParsedBody => ({ ok: false, fault: { code: 'malformed', message } })
const tooLarge = (message: string): ParsedBody => ({ ok: false, fault: { code: 'too_large', message } })

/**
 * The events of a native body, not yet checked: one, an array, or one a line (`ndjson`). What they are made of is the sender's
 * word alone. Nothing that could become large is parsed before depth, number and sizes have been measured in the bytes.
 */
export function parseNative(body: Uint8Array, format: 'json' | 'ndjson', limits: NativeLimits = NATIVE_LIMITS): ParsedBody {
  if (body.length === 0) return malformed('the body is empty')
  if (!isUtf8(body)) return malformed('the body is not UTF-8')
  const bytes = stripByteOrderMark(body)
  return format === 'json' ? parseJson(bytes, limits) : parseLines(bytes, limits)
}

function parseJson(bytes: Buffer, limits: NativeLimits): ParsedBody {
  // A body no larger than one event may be cannot become large: looking at what was parsed is cheaper than at its bytes.
  const small = bytes.length <= limits.maxEventBytes
  const measured = small ? null : measure(bytes, limits)
  if (measured !== null) return measured
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return malformed('the body is not JSON')
  }
  if (small && nestsDeeper(value, limits.maxDepth)) return malformed(`the body nests deeper than ${limits.maxDepth}`)
  if (small && Array.isArray(value) && value.length > limits.maxEvents)
    return tooLarge(`a body may hold ${limits.maxEvents} events: send several`)
  if (Array.isArray(value)) return value.length === 0 ? malformed('the array holds no event') : { ok: true, events: value }
  if (typeof value === 'object' && value !== null) return { ok: true, events: [value] }
  return malformed('the body must be an event, an array of events, or NDJSON')
}

function parseLines(bytes: Buffer, limits: NativeLimits): ParsedBody {
  const events: unknown[] = []
  let number = 0
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start)
    const end = found < 0 ? bytes.length : found
    const line = bytes.subarray(start, end)
    start = end + 1
    number++
    if (isBlank(line)) continue
    if (line.length > limits.maxEventBytes) return tooLarge(`line ${number} is larger than ${limits.maxEventBytes} bytes`)
    if (events.length === limits.maxEvents) return tooLarge(`a body may hold ${limits.maxEvents} events: send several`)
    const measured = measure(line, limits)
    if (measured !== null) return measured
    try {
      events.push(JSON.parse(line.toString('utf8')))
    } catch {
      return malformed(`line ${number} is not JSON`)
    }
  }
  return events.length === 0 ? malformed('the body holds no event') : { ok: true, events }
}

/**
 * Depth, number of elements and the size of each, from the bytes: a fifth of what parsing costs, and no memory. Judges only
 * what it must; whether it is JSON is for the parser to say.
 */
function measure(bytes: Uint8Array, limits: NativeLimits): ParsedBody | null {
  const { length } = bytes
  const isArray = firstByte(bytes) === 0x5b
  let depth = 0
  let elements = 1
  let start = 0
  for (let i = 0; i < length; i++) {
    const c = bytes[i] as number
    if (c === 0x22) {
      for (i++; i < length; i++) {
        const d = bytes[i] as number
        if (d === 0x22) break
        if (d === 0x5c) i++
      }
      // `[` and `{`, `]` and `}` each differ by one bit.
    } else if ((c | 0x20) === 0x7b) {
      if (++depth > limits.maxDepth) return malformed(`the body nests deeper than ${limits.maxDepth}`)
    } else if ((c | 0x20) === 0x7d) {
      depth--
    } else if (c === 0x2c && depth === 1 && isArray) {
      if (i - start > limits.maxEventBytes + 1) return tooLarge(`event ${elements - 1} is larger than ${limits.maxEventBytes} bytes`)
      if (++elements > limits.maxEvents) return tooLarge(`a body may hold ${limits.maxEvents} events: send several`)
      start = i
    }
  }
  return length - start > limits.maxEventBytes + 2 ? tooLarge(`event ${elements - 1} is larger than ${limits.maxEventBytes} bytes`) : null
}

function nestsDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  if (Array.isArray(value)) return value.some(item => nestsDeeper(item, depth - 1))
  const fields = value as Readonly<Record<string, unknown>>
  for (const name in fields) if (nestsDeeper(fields[name], depth - 1)) return true
  return false
}

function stripByteOrderMark(body: Uint8Array): Buffer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

const isSpace = (c: number | undefined): boolean => c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d

function firstByte(bytes: Uint8Array): number | undefined {
  let i = 0
  while (isSpace(bytes[i])) i++
  return bytes[i]
}

const isBlank = (line: Uint8Array): boolean => firstByte(line) === undefined
