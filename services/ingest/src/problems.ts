import { HttpProblem } from '@northstar/runtime'

export const badRequest = (detail: string, cause?: unknown): HttpProblem => new HttpProblem({ status: 400, detail }, {}, { cause })

export const tooLarge = (detail: string): HttpProblem => new HttpProblem({ status: 413, title: 'Content Too Large', detail })

export const unauthorized = (detail: string): HttpProblem => new HttpProblem({ status: 401, detail }, { 'www-authenticate': 'Bearer' })

export const unsupported = (detail: string, headers: Readonly<Record<string, string>>): HttpProblem =>
  new HttpProblem({ status: 415, detail }, headers)

export const overQuota = (retryAfterSeconds: number): HttpProblem =>
  new HttpProblem(
    { status: 429, detail: 'This write key has exceeded its quota of events. Send the same request again later.' },
    { 'retry-after': String(retryAfterSeconds) },
  )

/** The sender should send the same request again, with the same event ids. */
export const tryLater = (detail: string, cause?: unknown): HttpProblem =>
  new HttpProblem({ status: 503, detail }, { 'retry-after': '1' }, { cause })
