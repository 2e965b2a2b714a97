import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { InFlight } from './in-flight.ts'
import { badRequest, tooLarge, tryLater, unsupported } from './problems.ts'

export type BodyFormat = 'json' | 'ndjson'

export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly maxUnpackedBytes: number
}

/** A body and the bytes to give back to the in-flight count when the request is over. */
export interface Body {
  readonly bytes: Buffer
  readonly taken: number
}

type Unpack = (packed: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const ENCODINGS: ReadonlyMap<string, Unpack | null> = new Map([
  ['', null],
  ['identity', null],
  ['gzip', promisify(gunzip) as Unpack],
  ['x-gzip', promisify(gunzip) as Unpack],
  ['deflate', promisify(inflate) as Unpack],
  ['br', promisify(brotliDecompress) as Unpack],
])

const TYPES: ReadonlyMap<string, BodyFormat> = new Map([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
])

/** What form a body is in, from its content type. Throws the 415 to answer with. */
export function bodyFormat(contentType: string | undefined): BodyFormat {
  // Almost every request says exactly this.
  if (contentType === 'application/json') return 'json'
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  const format = TYPES.get(type.trim())
  const charset = parameters.map(p => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(p)?.[1]).find(name => name !== undefined)
  if (format === undefined || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) {
    throw unsupported('Send application/json, or application/x-ndjson with one event a line, in UTF-8.', {
      accept: [...TYPES.keys()].join(', '),
    })
  }
  return format
}

/**
 * Reads and unpacks a body within its limits: stops reading, or unpacking, as soon as one is passed.
 * Throws the problem to answer with; then nothing stays taken from `inFlight`.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits, inFlight: InFlight): Promise<Body> {
  const unpack = unpackerOf(request.headers)
  const packed = await readAll(request, limits.maxBodyBytes, inFlight)
  if (unpack === null) return { bytes: packed, taken: packed.length }
  let bytes: Buffer
  try {
    bytes = await unpack(packed, { maxOutputLength: limits.maxUnpackedBytes })
  } catch (error) {
    inFlight.give(packed.length)
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(`The body unpacks to more than ${limits.maxUnpackedBytes} bytes: send it in parts.`)
    throw badRequest('The body is not in the encoding that Content-Encoding names.', error)
  }
  if (!inFlight.take(bytes.length)) {
    inFlight.give(packed.length)
    throw tryLater('Too much is being taken in just now.')
  }
  return { bytes, taken: packed.length + bytes.length }
}

function unpackerOf(headers: IncomingHttpHeaders): Unpack | null {
  const name = (headers['content-encoding'] ?? '').trim().toLowerCase()
  const unpack = ENCODINGS.get(name)
  if (unpack === undefined)
    throw unsupported(`There is no content encoding "${name.slice(0, 40)}" here.`, { 'accept-encoding': 'gzip, deflate, br' })
  return unpack
}

function readAll(request: IncomingMessage, limit: number, inFlight: InFlight): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  const overLimit = () => tooLarge(`The body is larger than ${limit} bytes: send it in parts.`)
  if (declared > limit) return Promise.reject(overLimit())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = () => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
    }
    const fail = (error: Error) => {
      finish()
      inFlight.give(size)
      // What still comes is thrown away, so that the sender gets to read the answer.
      request.resume()
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > limit) return fail(overLimit())
      if (!inFlight.take(chunk.length)) return fail(tryLater('Too much is being taken in just now.'))
      size += chunk.length
      chunks.push(chunk)
    }
    const onEnd = () => {
      finish()
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size))
    }
    const onGone = () => fail(badRequest('The body ended before its end.'))
    request.on('data', onData).once('end', onEnd).once('error', onGone).once('close', onGone)
  })
}
