import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { checkTarget, createSafeLookup, TargetRefused } from '@northstar/notifications'
import { messageOf } from '@northstar/runtime'
import { CollectFailed } from './failures.ts'

/** The part of `fetch` that collectors and their client libraries use. */
export type SafeFetch = (url: string, init?: FetchInit) => Promise<Response>

export interface FetchInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface SafeFetchConfig {
  readonly allowPrivateTargets: boolean
  readonly timeoutMs?: number
  readonly maxBytes?: number
}

const MAX_BYTES = 32 * 1024 * 1024
/** Statuses whose `Response` may have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Creates a `fetch` that connects only to allowed addresses and follows no redirect. It resolves with the whole body.
 * @throws CollectFailed
 */
export function createSafeFetch({ allowPrivateTargets, timeoutMs = 20_000, maxBytes = MAX_BYTES }: SafeFetchConfig): SafeFetch {
  const lookup = createSafeLookup(allowPrivateTargets)

  async function send(address: string, { method = 'GET', headers = {} }: FetchInit): Promise<Response> {
    const url = checkTarget(address, allowPrivateTargets)
    return new Promise((resolve, reject) => {
      const options = { method, lookup, signal: AbortSignal.timeout(timeoutMs), headers: { 'user-agent': 'northstar', ...headers } }
      const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, answer => {
        readBody(answer, maxBytes).then(body => resolve(toResponse(answer, body)), reject)
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  return async (address, init = {}) => {
    try {
      return await send(address, init)
    } catch (error) {
      if (error instanceof CollectFailed) throw error
      const { host } = URL.canParse(address) ? new URL(address) : { host: address }
      if (error instanceof TargetRefused) {
        const remedy = 'NORTHSTAR_ALLOW_PRIVATE_TARGETS=1 allows private addresses'
        throw new CollectFailed('target_refused', `${host} is refused: ${error.message}; ${remedy}`, { cause: error })
      }
      throw new CollectFailed('unreachable', `${host} could not be reached, or its answer was incomplete: ${reasonOf(error)}`, {
        cause: error,
      })
    }
  }
}

/** Reads a body. Rejects if it ends before its announced length. */
async function readBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new CollectFailed('unreadable', `the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function toResponse({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Response {
  const given = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : []))
  return new Response(BODILESS.has(statusCode) ? null : new Uint8Array(body), { status: statusCode, headers: given })
}

const reasonOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? messageOf(error)
