import { createServer, type Server } from 'node:http'
import { type HttpServer, rightsOfClaims } from '@northstar/runtime'
import { eventually, freePort } from '@northstar/testkit'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OidcServer, startOidcServer } from './oidc.test-data.ts'

let northstar: OidcServer
let server: HttpServer
let issuer: Server
/** Who signs in at the issuer next, with these groups. */
let person: { readonly name: string; readonly groups: readonly string[] }

beforeAll(async () => {
  const [port, own] = [await freePort(), await freePort()]
  const callback = `http://127.0.0.1:${own}/v1/session/oidc/callback`
  issuer = startIssuer(port, callback)
  const oidc = {
    issuer: `http://127.0.0.1:${port}`,
    clientId: 'northstar',
    clientSecret: 'a secret of forty characters, more or less',
    scope: 'openid profile groups',
    roleClaim: 'groups',
    values: { admin: ['release-managers'], responder: [], analyst: [], read: ['contributors'] },
    sensitive: [],
  }
  northstar = await startOidcServer(oidc, own)
  server = northstar.server
})

afterAll(async () => {
  await northstar?.stop()
  issuer?.closeAllConnections()
  issuer?.close()
})

/** Starts a real provider, whose pages sign {@link person} in without questions. */
function startIssuer(port: number, callback: string): Server {
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: 'northstar', client_secret: 'a secret of forty characters, more or less', redirect_uris: [callback] }],
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'groups'],
    conformIdTokenClaims: false,
    cookies: { keys: ['a key of this test'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: person.name, groups: [...person.groups] }),
    }),
  })
  const handle = provider.callback()
  return createServer((request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response)
    void interact(provider, request, response)
  }).listen(port, '127.0.0.1')
}

type Interaction = Parameters<Provider['interactionDetails']>

async function interact(provider: Provider, request: Interaction[0], response: Interaction[1]): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: person.name } })
    return
  }
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) })
  grant.addOIDCScope('openid profile groups')
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

/** Requests an address like a browser: follows redirects and stores each server's cookies. */
function browser(accept = '*/*') {
  const jars = new Map<string, Map<string, string>>()
  return async (start: string, until: (url: URL) => boolean = () => false) => {
    let url = new URL(start)
    for (let hops = 0; hops < 20; hops++) {
      const jar = jars.get(url.host) ?? new Map<string, string>()
      jars.set(url.host, jar)
      const cookie = [...jar].map(pair => pair.join('=')).join('; ')
      const answer = await fetch(url, { redirect: 'manual', headers: { cookie, accept } })
      for (const line of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = line.split(';')[0]?.split(/=(.*)/s) ?? []
        jar.set(name, value)
      }
      const next = answer.headers.get('location')
      if (next === null) return { url, status: answer.status, text: await answer.text() }
      url = new URL(next, url)
      if (until(url)) return { url, status: answer.status, text: '' }
    }
    throw new Error('sent around in circles')
  }
}

const begin = () => `${server.url()}/v1/session/oidc`
const isHome = (url: URL) => url.pathname === '/'
const isCallback = (url: URL) => url.pathname.endsWith('/callback')

test.each([
  ['release-managers', 'admin'],
  ['contributors', 'read'],
])('a member of %s signs in as %s', async (group, role) => {
  person = { name: `one of ${group}`, groups: ['others', group] }
  const go = browser()
  expect((await go(begin(), isHome)).status).toBe(303)
  const session = await go(`${server.url()}/v1/session`)
  expect(JSON.parse(session.text)).toMatchObject({ role, user: person.name })
})

test('a person who chose the name of another subject is known in the audit log by issuer and subject', async () => {
  person = { name: 'admin token', groups: ['release-managers'] }
  const go = browser()
  expect((await go(begin(), isHome)).status).toBe(303)
  const found = await eventually(async () => {
    const { entries } = JSON.parse((await go(`${server.url()}/v1/audit`)).text) as { entries: readonly { who: string; subject?: string }[] }
    return entries.find(({ who }) => who === 'admin token')
  })
  expect(found.subject).toMatch(/^http:\/\/127\.0\.0\.1:\d+ admin token$/)
})

test('a person without a role is refused', async () => {
  person = { name: 'stranger', groups: [] }
  const go = browser()
  expect(JSON.parse((await go(begin(), isHome)).text)).toMatchObject({ status: 403, code: 'no_role' })
  expect((await go(`${server.url()}/v1/session`)).status).toBe(401)
})

test('the page shows a person why the sign-in was refused', async () => {
  person = { name: 'stranger', groups: [] }
  const { url } = await browser('text/html,*/*')(begin(), at => at.pathname === '/login')
  expect(url.search).toBe('?problem=no_role')
})

test('an answer counts once, in the browser that asked, and unchanged', async () => {
  person = { name: 'eve', groups: ['release-managers'] }
  const go = browser()
  const { url } = await go(begin(), isCallback)
  expect((await browser()(url.href, isHome)).status).toBe(401)
  const changed = new URL(url)
  changed.searchParams.set('state', 'another')
  expect((await go(changed.href, isHome)).status).toBe(401)
  // The attempt is spent.
  expect((await go(url.href, isHome)).status).toBe(401)
})

test('the highest role counts', () => {
  const values = { admin: ['boss'], responder: ['on-call'], analyst: [], read: ['*'] }
  const roles = [['boss'], ['x', 'boss'], ['on-call'], []].map(given => rightsOfClaims(given, { values, sensitive: [] })?.role)
  expect(roles).toEqual(['admin', 'admin', 'responder', 'read'])
  expect(rightsOfClaims(['*'], { values: { admin: ['boss'], responder: [], analyst: [], read: [] }, sensitive: ['*'] })).toBeNull()
  expect(rightsOfClaims(['doctor'], { values, sensitive: ['doctor'] })).toEqual({ role: 'read', sensitive: true })
})
