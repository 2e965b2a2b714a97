import { PassThrough } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

const NDJSON = 'application/x-ndjson'

export const wantsLines = (request: FastifyRequest): boolean => request.headers.accept?.includes(NDJSON) ?? false

/** An answer that is written line by line. */
export interface Lines<Line> {
  /** Writes a line of JSON; ignored once the client has closed the connection. */
  write(line: Line): void
  /** Writes an empty line, since clients and proxies time out without receiving anything. */
  keepAlive(): void
  end(): void
  /** Cuts the connection, so that the client sees that lines are missing. */
  abort(error: Error): void
  isClosed(): boolean
}

/** Begins an answer of NDJSON. */
export function sendLines<Line>(reply: FastifyReply): Lines<Line> {
  const stream = new PassThrough()
  reply.type(NDJSON).send(stream)
  const write = (text: string) => void (stream.destroyed || stream.write(`${text}\n`))
  return {
    write: line => write(JSON.stringify(line)),
    keepAlive: () => write(''),
    end: () => void stream.end(),
    abort: error => void stream.destroy(error),
    isClosed: () => stream.destroyed,
  }
}
