import type { IncomingMessage } from 'node:http'
import type { InFlight } from './in-flight.ts'
import { badRequest, tooLarge, tryLater } from './problems.ts'
import { createUnpacker, decoderOf } from './unpack.ts'

export interface BodyReader {
  /**
   * Reads and unpacks a body, and stops as soon as a limit is exceeded. Its bytes stay acquired from `inFlight` until the caller releases
   * them; none do when it throws the problem to answer.
   * @param encoding the content encoding; '' for none
   */
  read(request: IncomingMessage, encoding: string): Promise<Buffer>
}

export function createBodyReader(
  limits: { readonly maxBodyBytes: number; readonly maxUnpackedBytes: number },
  inFlight: InFlight,
): BodyReader {
  const unpack = createUnpacker(limits, inFlight)
  return {
    async read(request, encoding) {
      const decoder = decoderOf(encoding)
      const packed = await readAll(request, limits.maxBodyBytes, inFlight)
      if (decoder === null) return packed
      try {
        return await unpack(packed, decoder)
      } finally {
        inFlight.release(packed.length)
      }
    },
  }
}

function readAll(request: IncomingMessage, limit: number, inFlight: InFlight): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  const overLimit = () => tooLarge(`The body is larger than ${limit} bytes: send it in parts.`)
  if (declared > limit) return Promise.reject(overLimit())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = () => {
      inFlight.arrived(refuse)
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
    }
    const fail = (error: Error) => {
      finish()
      inFlight.release(size)
      // Reads and drops the rest, so that the sender can read the response.
      request.resume()
      reject(error)
    }
    const refuse = () => fail(tryLater('Too many bodies are being processed.'))
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > limit) return fail(overLimit())
      if (!inFlight.acquire(chunk.length, refuse)) return refuse()
      size += chunk.length
      chunks.push(chunk)
    }
    const onEnd = () => {
      finish()
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size))
    }
    const onGone = () => fail(badRequest('The connection closed before the end of the body.'))
    inFlight.arrives(refuse)
    request.on('data', onData).once('end', onEnd).once('error', onGone).once('close', onGone)
  })
}
