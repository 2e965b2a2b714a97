import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { createSlots } from '@northstar/runtime'
import type { InFlight } from './in-flight.ts'
import { badRequest, tooLarge, tryLater, unsupported } from './problems.ts'

type Decoder = (packed: Buffer) => Transform

/** Large enough to be cheap, and small enough that a refused body exceeds the limit by little. */
const OPTIONS = { chunkSize: 64 * 1024 }
/** Maximum ratio of unpacked to packed size, and the unpacked size from which it applies. Repetitive telemetry reaches 40. */
const MAX_RATIO = 200
const RATIO_FROM_BYTES = 1024 * 1024
/** Number of bodies unpacked at a time: a decoder takes a thread and up to 16 MiB in addition to its output. */
const CONCURRENT = 2

const gunzip: Decoder = () => zlib.createGunzip(OPTIONS)

const DECODERS: ReadonlyMap<string, Decoder | null> = new Map<string, Decoder | null>([
  ['', null],
  ['identity', null],
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', packed => (hasZlibHeader(packed) ? zlib.createInflate(OPTIONS) : zlib.createInflateRaw(OPTIONS))],
  ['br', () => zlib.createBrotliDecompress(OPTIONS)],
  // Available from Node 22.15 and 23.8 on.
  ...('createZstdDecompress' in zlib
    ? [['zstd', () => (zlib as unknown as { createZstdDecompress(o: object): Transform }).createZstdDecompress(OPTIONS)] as const]
    : []),
])

export const ENCODINGS: readonly string[] = ['gzip', 'deflate', 'br', 'zstd'].filter(name => DECODERS.has(name))

/** "deflate" is a zlib stream by the RFC, but some senders send raw deflate. */
function hasZlibHeader(packed: Buffer): boolean {
  const [first = 0, second = 0] = packed
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0
}

/** The decoder of a content encoding; null for none. @throws HttpProblem 415 */
export function decoderOf(encoding: string): Decoder | null {
  const decoder = DECODERS.get(encoding)
  if (decoder !== undefined) return decoder
  const remedy = encoding === 'zstd' ? `: it requires Node 22.15 or newer, and this is ${process.version}` : ''
  const detail = `The content encoding "${encoding.slice(0, 40)}" is not supported${remedy}. Send one of ${ENCODINGS.join(', ')}.`
  throw unsupported(detail, { 'accept-encoding': ENCODINGS.join(', ') })
}

export type Unpack = (packed: Buffer, decoder: Decoder) => Promise<Buffer>

/**
 * Returns a function that unpacks a body and stops as soon as a limit is exceeded. The caller releases the bytes of the result; none stay
 * acquired when it throws the problem to answer.
 */
export function createUnpacker(limits: { readonly maxUnpackedBytes: number }, inFlight: InFlight): Unpack {
  const slots = createSlots(CONCURRENT)
  return (packed, decoder) => slots(() => unpack(packed, decoder(packed), limits.maxUnpackedBytes, inFlight))
}

async function unpack(packed: Buffer, stream: Transform, limit: number, inFlight: InFlight): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    stream.end(packed)
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (size + chunk.length > limit) throw tooLarge(`The body unpacks to more than ${limit} bytes: send it in parts.`)
      if (size > RATIO_FROM_BYTES && size > packed.length * MAX_RATIO)
        throw tooLarge(`The body unpacks to more than ${MAX_RATIO} times its size: send it in parts, or unpacked.`)
      if (!inFlight.acquire(chunk.length)) throw tryLater('Too many bodies are being processed.')
      size += chunk.length
      chunks.push(chunk)
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
  } catch (error) {
    inFlight.release(size)
    const isOfDecoder = typeof (error as NodeJS.ErrnoException).code === 'string'
    throw isOfDecoder
      ? badRequest('The body is not in the encoding that Content-Encoding, or the query parameter "compression", names.', error)
      : error
  }
}
