import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { checkTarget, createSafeLookup } from './safe-target.ts'

export interface HttpCall {
  readonly url: string
  readonly method?: 'POST' | 'PUT' | 'GET'
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** At most the first 64 KiB; empty for a 2xx, whose body is not awaited. */
  readonly body: string
}

/** Sends one request, follows no redirect. Rejects with TargetRefused, or with the socket's error. */
export type HttpSend = (call: HttpCall) => Promise<HttpAnswer>

export interface HttpSendConfig {
  readonly allowPrivateTargets: boolean
  readonly timeoutMs?: number
}

const MAX_BODY = 65_536

/** Creates an {@link HttpSend} that connects only to allowed addresses. `close` ends idle connections. */
export function createHttpSend(config: HttpSendConfig): HttpSend & { close(): void } {
  const { allowPrivateTargets, timeoutMs = 10_000 } = config
  const lookup = createSafeLookup(allowPrivateTargets)
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }
  const send: HttpSend = async call => {
    const url = checkTarget(call.url, allowPrivateTargets)
    const secure = url.protocol === 'https:'
    const bytes = Buffer.from(call.body)
    return new Promise((resolve, reject) => {
      let answer: (() => void) | undefined
      const request = (secure ? httpsRequest : httpRequest)(
        url,
        {
          method: call.method ?? 'POST',
          agent: secure ? agents['https:'] : agents['http:'],
          lookup,
          signal: AbortSignal.timeout(timeoutMs),
          headers: { 'user-agent': 'northstar', 'content-length': bytes.length, ...call.headers },
        },
        response => {
          const { statusCode: status = 0, headers } = response
          let text = ''
          answer = () => resolve({ status, headers, body: text })
          response.setEncoding('utf8')
          response.on('data', (part: string) => {
            if (text.length < MAX_BODY) text += part.slice(0, MAX_BODY - text.length)
            else response.destroy()
          })
          // Only the status matters: an incomplete body, or one that does not end within the time limit, is ignored.
          response.on('close', answer)
          response.on('error', answer)
          if (status >= 200 && status < 300) answer()
        },
      )
      request.on('error', error => (answer ? answer() : reject(error)))
      request.end(bytes)
    })
  }
  return Object.assign(send, {
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  })
}
