import { isUtf8 } from 'node:buffer'
import { parseRfc3339 } from '../time.ts'
import type { BodyFault, BodyLimits } from './dialect.ts'

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: BodyFault }

export const fault = (code: BodyFault['code'], message: string): { readonly ok: false; readonly fault: BodyFault } => ({
  ok: false,
  fault: { code, message },
})

/** How many bytes of a JSON array are parsed at once. */
const SLICE_BYTES = 128 * 1024

/** The bytes without a byte order mark; a fault when they are not UTF-8 text. */
export function utf8Body(body: Uint8Array): Parsed<Buffer> {
  if (body.length === 0) return fault('malformed', 'the body is empty')
  if (!isUtf8(body)) return fault('malformed', 'the body is not UTF-8')
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return { ok: true, value: bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes }
}

/** Parses a body that is one JSON value. Its depth is measured first. */
export function parseJson(body: Uint8Array, limits: BodyLimits): Parsed<unknown> {
  const utf8 = utf8Body(body)
  if (!utf8.ok) return utf8
  const measured = measure(utf8.value, { ...limits, maxEventBytes: Number.POSITIVE_INFINITY, maxEvents: Number.POSITIVE_INFINITY })
  return measured.fault ? { ok: false, fault: measured.fault } : parseText(utf8.value, 'the body is not JSON')
}

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

/** An id that a client may send as a number. */
export const idText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value)

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** An RFC 3339 time as epoch ms; undefined for any other value. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? parseRfc3339(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

const MAX_FOUND = 5
const VALUE = /^\s{0,8}:\s{0,8}"([\x21\x23-\x5b\x5d-\x7e]{1,512})"/

/** The first values of string members with these names, at any depth, found without parsing. */
export function stringsNamed(body: Uint8Array, names: readonly string[]): readonly string[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const found: string[] = []
  for (const name of names) {
    const quoted = `"${name}"`
    for (let at = bytes.indexOf(quoted), n = 0; at >= 0 && n < MAX_FOUND; at = bytes.indexOf(quoted, at + quoted.length), n++) {
      const from = at + quoted.length
      const value = VALUE.exec(bytes.toString('latin1', from, from + 540))?.[1]
      if (value !== undefined && !found.includes(value)) found.push(value)
    }
  }
  return found
}

/** An object for names that a sender chose: without a prototype, so that no name has a meaning of its own. */
export const emptyFields = (): Record<string, unknown> => Object.create(null)

/** The items of a JSON array, or the one value of a body. Arrays are parsed in slices, with a yield between them. */
export function* parseItems(bytes: Buffer, limits: BodyLimits): Generator<void, Parsed<readonly unknown[]>> {
  // The result of a body within the size of one event is small: checking it afterwards is cheaper than scanning its bytes.
  if (bytes.length <= limits.maxEventBytes) return parseSmall(bytes, limits)
  const measured = measure(bytes, limits)
  if (measured.fault) return { ok: false, fault: measured.fault }
  if (!measured.isArray) return itemsOf(parseText(bytes, 'the body is not JSON'))
  const items: unknown[] = []
  const end = closingBracket(bytes)
  if (end < 0) return fault('malformed', 'the body is not JSON')
  const cuts = [...measured.cuts, end]
  for (let i = 0, from = bytes.indexOf(0x5b) + 1; i < cuts.length; from = (cuts[i++] as number) + 1) {
    if (i > 0) yield
    const slice = parseText(Buffer.concat([OPEN, bytes.subarray(from, cuts[i]), CLOSE]), 'the body is not JSON')
    if (!slice.ok) return slice
    const parsed = slice.value as unknown[]
    // An empty slice is between two commas or after the last one.
    if (parsed.length === 0 && cuts.length > 1) return fault('malformed', 'the body is not JSON')
    for (const item of parsed) items.push(item)
  }
  return itemsOf({ ok: true, value: items })
}

const OPEN = Buffer.from('[')
const CLOSE = Buffer.from(']')

/** The position of the closing bracket of an array, or -1. */
function closingBracket(bytes: Buffer): number {
  let end = bytes.length - 1
  while (isSpace(bytes[end])) end--
  return bytes[end] === 0x5d ? end : -1
}

const NEWLINE = 10

/** Parses NDJSON. Yields between slices. */
export function* parseLines(bytes: Buffer, limits: BodyLimits): Generator<void, Parsed<readonly unknown[]>> {
  const items: unknown[] = []
  let number = 1
  let yieldAt = SLICE_BYTES
  for (let start = 0; start < bytes.length; ) {
    if (start > yieldAt) {
      yield
      yieldAt = start + SLICE_BYTES
    }
    // Byte by byte, since a body may hold millions of empty lines.
    if (isSpace(bytes[start])) {
      if (bytes[start] === NEWLINE) number++
      start++
      continue
    }
    const found = bytes.indexOf(NEWLINE, start)
    const end = found < 0 ? bytes.length : found
    const line = bytes.subarray(start, end)
    start = end
    if (line.length > limits.maxEventBytes) return fault('too_large', `line ${number} is larger than ${limits.maxEventBytes} bytes`)
    if (items.length === limits.maxEvents) return tooMany(limits)
    const measured = measure(line, limits)
    if (measured.fault) return { ok: false, fault: measured.fault }
    const parsed = parseText(line, `line ${number} is not JSON`)
    if (!parsed.ok) return parsed
    items.push(parsed.value)
  }
  return items.length === 0 ? fault('malformed', 'the body holds no event') : { ok: true, value: items }
}

function parseText(bytes: Buffer, message: string): Parsed<unknown> {
  try {
    return { ok: true, value: JSON.parse(bytes.toString('utf8')) }
  } catch {
    return fault('malformed', message)
  }
}

function parseSmall(bytes: Buffer, limits: BodyLimits): Parsed<readonly unknown[]> {
  const parsed = parseText(bytes, 'the body is not JSON')
  if (!parsed.ok) return parsed
  if (nestsDeeper(parsed.value, limits.maxDepth)) return tooDeep(limits)
  if (Array.isArray(parsed.value) && parsed.value.length > limits.maxEvents) return tooMany(limits)
  return itemsOf(parsed)
}

function itemsOf(parsed: Parsed<unknown>): Parsed<readonly unknown[]> {
  if (!parsed.ok) return parsed
  const { value } = parsed
  if (Array.isArray(value)) return value.length === 0 ? fault('malformed', 'the array holds no event') : { ok: true, value }
  if (typeof value === 'object' && value !== null) return { ok: true, value: [value] }
  return fault('malformed', 'the body must be an event, an array of events, or NDJSON')
}

const tooDeep = (limits: BodyLimits) => fault('malformed', `the body nests deeper than ${limits.maxDepth}`)
export const tooMany = (limits: BodyLimits) => fault('too_large', `a body may hold ${limits.maxEvents} events: send several`)

interface Measured {
  readonly fault?: BodyFault
  readonly isArray: boolean
  /** Positions of commas between items at which an array can be cut into slices. */
  readonly cuts: readonly number[]
}

/**
 * Checks depth, number of items and their sizes on the bytes: costs a fifth of parsing, and no memory. Whether the body is JSON is left to
 * the parser.
 */
function measure(bytes: Uint8Array, limits: BodyLimits): Measured {
  const { length } = bytes
  const isArray = firstByte(bytes) === 0x5b
  const cuts: number[] = []
  const stopped = ({ fault }: { readonly fault: BodyFault }): Measured => ({ fault, isArray, cuts })
  const itemTooLarge = (index: number) => stopped(fault('too_large', `event ${index} is larger than ${limits.maxEventBytes} bytes`))
  let depth = 0
  let items = 1
  let start = 0
  let cutAt = SLICE_BYTES
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
      if (++depth > limits.maxDepth) return stopped(tooDeep(limits))
    } else if ((c | 0x20) === 0x7d) {
      depth--
    } else if (c === 0x2c && depth === 1 && isArray) {
      if (i - start > limits.maxEventBytes + 1) return itemTooLarge(items - 1)
      if (++items > limits.maxEvents) return stopped(tooMany(limits))
      start = i
      if (i > cutAt) {
        cuts.push(i)
        cutAt = i + SLICE_BYTES
      }
    }
  }
  return length - start > limits.maxEventBytes + 2 ? itemTooLarge(items - 1) : { isArray, cuts }
}

function nestsDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  if (Array.isArray(value)) return value.some(item => nestsDeeper(item, depth - 1))
  const fields = value as Readonly<Record<string, unknown>>
  for (const name in fields) if (nestsDeeper(fields[name], depth - 1)) return true
  return false
}

const isSpace = (c: number | undefined): boolean => c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d

function firstByte(bytes: Uint8Array): number | undefined {
  let i = 0
  while (isSpace(bytes[i])) i++
  return bytes[i]
}
