import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpServer } from '@northstar/runtime'
import { freePort } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OidcServer, startOidcServer } from './oidc.test-data.ts'

const [issuers, strangers] = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('rsa', { modulusLength: 2048 })]

let northstar: OidcServer
let server: HttpServer
let issuer: Server
let address: string
/** The ID token that the issuer returns for the next code. */
let token = ''

beforeAll(async () => {
  issuer = await startIssuer()
  address = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`
  const values = { admin: ['everybody'], responder: [], analyst: [], read: [] }
  const oidc = { issuer: address, clientId: 'northstar', scope: 'openid', roleClaim: 'groups', values, sensitive: [] }
  northstar = await startOidcServer(oidc, await freePort())
  server = northstar.server
})

afterAll(async () => {
  await northstar?.stop()
  issuer?.closeAllConnections()
  issuer?.close()
})

/** Starts an issuer that returns the token of the test. */
async function startIssuer(): Promise<Server> {
  const answering = createServer((request, response) => {
    const keys = [{ ...issuers.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }]
    const answers: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer: address,
        authorization_endpoint: `${address}/authorize`,
        token_endpoint: `${address}/token`,
        jwks_uri: `${address}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      },
      '/keys': { keys },
      '/token': { access_token: 'x', token_type: 'bearer', expires_in: 60, id_token: token },
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[request.url ?? ''] ?? {}))
  })
  await once(answering.listen(0, '127.0.0.1'), 'listening')
  return answering
}

const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const withHeader = (alg: string, claims: object, signature: (text: string) => string) => {
  const text = `${encoded({ alg, kid: 'one', typ: 'JWT' })}.${encoded(claims)}`
  return `${text}.${signature(text)}`
}
const signedBy = (key: KeyObject) => (text: string) => sign('sha256', Buffer.from(text), key).toString('base64url')
const byIssuer = (claims: object) => withHeader('RS256', claims, signedBy(issuers.privateKey))

const publicPem = issuers.publicKey.export({ format: 'pem', type: 'spki' }).toString()
const hour = (hours: number) => Math.floor(Date.now() / 1_000) + hours * 3_600

/** Signs in at the issuer, which returns the token that `make` builds from valid claims. */
async function signIn(make: (claims: Readonly<Record<string, unknown>>) => string) {
  const begun = await fetch(`${server.url()}/v1/session/oidc`, { redirect: 'manual' })
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const asked = new URL(begun.headers.get('location') ?? '').searchParams
  const nonce = asked.get('nonce')
  token = make({ iss: address, aud: 'northstar', sub: 'eve', iat: hour(0), exp: hour(1), nonce, groups: ['everybody'] })
  const query = new URLSearchParams({ code: 'code', state: asked.get('state') ?? '' })
  return fetch(`${server.url()}/v1/session/oidc/callback?${query}`, { redirect: 'manual', headers: { cookie } })
}

test('a token that the issuer signed for this sign-in is accepted', async () => {
  const answer = await signIn(byIssuer)
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
})

test.each<[string, (claims: Readonly<Record<string, unknown>>) => string]>([
  ['signed with another key', claims => withHeader('RS256', claims, signedBy(strangers.privateKey))],
  ['without a signature, alg none', claims => withHeader('none', claims, () => '')],
  [
    'with an HMAC under the public key, HS256',
    claims => withHeader('HS256', claims, text => createHmac('sha256', publicPem).update(text).digest('base64url')),
  ],
  ['changed after it was signed', claims => byIssuer(claims).replace(/\.[^.]+\./, `.${encoded({ ...claims, sub: 'somebody else' })}.`)],
  ['of another issuer', claims => byIssuer({ ...claims, iss: 'http://127.0.0.1:1' })],
  ['for another audience', claims => byIssuer({ ...claims, aud: 'another' })],
  ['that has expired', claims => byIssuer({ ...claims, iat: hour(-2), exp: hour(-1) })],
  ['of another sign-in, by its nonce', claims => byIssuer({ ...claims, nonce: 'another' })],
  ['without a nonce', ({ nonce: _, ...claims }) => byIssuer(claims)],
])('a token %s is refused', async (_, make) => {
  const answer = await signIn(make)
  expect(answer.status).toBe(401)
  expect(answer.headers.getSetCookie().some(line => line.startsWith('northstar_session='))).toBe(false)
})

test('an unfinished attempt stores nothing', async () => {
  const documents = async () => (await northstar.state.list('')).map(({ key }) => key).toSorted()
  const before = await documents()
  for (let i = 0; i < 50; i++) expect((await fetch(`${server.url()}/v1/session/oidc`, { redirect: 'manual' })).status).toBe(303)
  expect(await documents()).toEqual(before)
})
