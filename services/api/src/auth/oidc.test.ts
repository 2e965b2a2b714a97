import { createServer, type Server } from 'node:http'
import { createAccess, createHttpServer, createLogger, type HttpServer, rightsOfClaims } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { freePort, type TempFolder, tempFolder } from '@northstar/testkit'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from './audit.ts'
import { authRoutes } from './auth-routes.ts'

const logger = createLogger('silent', 'test')
let folder: TempFolder
let state: StateStore
let server: HttpServer
let issuer: Server
/** Who signs in at the issuer next, with these groups. */
let person: { readonly name: string; readonly groups: readonly string[] }

beforeAll(async () => {
  folder = await tempFolder('oidc')
  state = openEmbeddedState({ path: folder.path })
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
  const control = createAccess({ adminToken: 'nsa_admin', documents: state, oidc })
  const routes = [authRoutes({ oidc }, { state, control, audit: createAudit({ state, now: Date.now, logger }), now: Date.now, logger })]
  server = createHttpServer({ host: '127.0.0.1', port: own, logger, access: control, routes, health: async () => ({}) })
  await server.start()
})

afterAll(async () => {
  await server?.stop()
  issuer?.closeAllConnections()
  issuer?.close()
  await state?.close()
  await folder?.remove()
})

/** A real provider, whose pages ask nothing and sign {@link person} in. */
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

/** A browser: goes where it is sent, with each server's cookies. */
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
