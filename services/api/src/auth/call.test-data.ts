/** What any of the answers may hold. */
interface Body {
  readonly [name: string]: unknown
  readonly key: string
  readonly link: string
  readonly csrf: string
  readonly code: string
  readonly role: string
  readonly id: string
  readonly entries: readonly Record<string, unknown>[]
  readonly keys: readonly Record<string, unknown>[]
  readonly sessions: readonly { readonly id: string; readonly subject: string; readonly current: boolean }[]
}

export interface Caller {
  readonly token?: string
  readonly cookie?: string
  readonly csrf?: string
  readonly origin?: string | null
}

/** Returns a function that calls the server at an address as a caller. */
export const createCall =
  (urlOf: () => string) =>
  async (method: string, path: string, caller: Caller = {}, body?: unknown) => {
    const { token, cookie, csrf, origin = urlOf() } = caller
    const answer = await fetch(urlOf() + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(cookie && { cookie }),
        ...(csrf && { 'x-csrf-token': csrf }),
        ...(origin && method !== 'GET' && { origin }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    const setCookie = answer.headers.get('set-cookie') ?? ''
    const json = (text === '' ? {} : JSON.parse(text)) as Body
    return { status: answer.status, json, setCookie, cookie: setCookie.split(';')[0] ?? '', headers: answer.headers }
  }
