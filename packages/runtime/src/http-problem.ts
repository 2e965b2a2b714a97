import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

/** A problem as in RFC 9457. */
export interface Problem {
  readonly status: number
  /** Short; equal for every occurrence. */
  readonly title?: string
  /** The cause of this problem and its remedy. */
  readonly detail?: string
  /** The kind of problem for programs. Default: the status in words, such as `not_found`. */
  readonly code?: string
  readonly [member: string]: unknown
}

/** Thrown in a route to answer with a problem. */
export class HttpProblem extends Error {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(problem.detail ?? problem.title ?? STATUS_CODES[problem.status] ?? 'error', options)
    this.name = 'HttpProblem'
    this.problem = problem
    this.headers = headers
  }
}

/** The problem of an invalid value. @param detail the remedy, which names the field where that is not obvious */
export const badValue = (field: string, detail: string, members: Readonly<Record<string, unknown>> = {}): HttpProblem =>
  new HttpProblem({ status: 400, code: 'bad_value', field, detail, ...members })

/** The problem of a store that cannot be reached. Its error's text is for the log alone. */
export function storeUnavailable(cause: Error): HttpProblem {
  return new HttpProblem({ status: 503, detail: 'A store is unavailable. Try again in a few seconds.' }, { 'retry-after': '2' }, { cause })
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type('application/problem+json').header('cache-control', 'no-store').send(problemDocument(problem))
}

/** The JSON of a problem. It always has a title and a code. */
export function problemDocument(problem: Problem): string {
  const title = STATUS_CODES[problem.status] ?? 'Error'
  return JSON.stringify({ type: 'about:blank', title, code: title.toLowerCase().replace(/\W+/g, '_'), ...problem })
}
