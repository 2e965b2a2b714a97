import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

/** A problem as in RFC 9457. */
export interface Problem {
  readonly status: number
  /** Short; equal for every occurrence. */
  readonly title?: string
  /** The cause of this problem and its remedy. */
  readonly detail?: string
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

/** The problem of a store that cannot be reached. Its error's text is for the log alone. */
export function storeUnavailable(cause: Error): HttpProblem {
  return new HttpProblem({ status: 503, detail: 'A store is unavailable. Try again in a few seconds.' }, { 'retry-after': '2' }, { cause })
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[problem.status], ...problem }))
}
