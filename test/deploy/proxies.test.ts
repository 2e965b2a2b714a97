import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { eventually, freePort, type SpawnedProcess, spawnProcess, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Installation, startEmbedded } from '../support/installation.ts'
import { findProgram } from '../support/programs.ts'

const caddy = findProgram('caddy', 'test/deploy/proxies.test.ts')
/** A loopback address that is not the proxy's. */
const VISITOR = '127.0.0.2'
const FORGED = '6.6.6.6'

/** As docs/operations.md says, with a certificate of Caddy's own authority. */
describe.skipIf(!caddy)('an embedded process behind a proxy that speaks TLS', () => {
  let folder: TempFolder
  let installation: Installation
  let proxy: SpawnedProcess
  let port: number
  let ca: Buffer

  beforeAll(async () => {
    folder = await tempFolder('proxies')
    port = await freePort()
    installation = await startEmbedded({
      env: { NORTHSTAR_PUBLIC_URL: `https://localhost:${port}`, NORTHSTAR_TRUSTED_PROXIES: '127.0.0.1' },
    })
    const config = join(folder.path, 'Caddyfile')
    const site = `https://localhost:${port} {\n\ttls internal\n\treverse_proxy ${new URL(installation.query).host}\n}\n`
    await writeFile(config, `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n${site}`)
    proxy = await spawnProcess(caddy ?? '', ['run', '--adapter', 'caddyfile', '--config', config], {
      env: { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
    })
    const root = join(folder.path, 'caddy/pki/authorities/local/root.crt')
    ca = await eventually(() => readFile(root), { timeoutMs: 60_000, what: 'Caddy made its authority' })
    await eventually(async () => (await ask('GET', '/healthz')).status === 200, { timeoutMs: 60_000, what: 'Caddy answers' })
  }, 240_000)
  afterAll(async () => {
    await proxy?.stop()
    await installation?.remove()
    await folder?.remove()
  })

  function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: object) {
    return new Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: unknown }>((resolve, reject) => {
      const given = { ...(body && { 'content-type': 'application/json' }), 'x-forwarded-for': FORGED, ...headers }
      const sent = request({ host: 'localhost', port, ca, localAddress: VISITOR, family: 4, method, path, headers: given }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) })
        })
      })
      sent.on('error', reject)
      sent.end(body && JSON.stringify(body))
    })
  }

  test('visitors have their own addresses, whatever they forge, and their cookies are for TLS alone', async () => {
    const token = installation.env.NORTHSTAR_ADMIN_TOKEN ?? ''
    expect((await ask('POST', '/v1/session', {}, { token: 'a-token-that-nobody-has-been-given' })).status).toBe(401)
    const signedIn = await ask('POST', '/v1/session', {}, { token })
    expect([signedIn.status, signedIn.headers['set-cookie']?.[0]]).toEqual([
      200,
      expect.stringMatching(/^__Host-northstar_session=.*; Secure/),
    ])
    const entries = await eventually(async () => {
      const { body } = await ask('GET', '/v1/audit', { authorization: `Bearer ${token}` })
      const found = (body as { entries: readonly { what: string; from: string }[] }).entries.filter(({ what }) => what === 'sign_in')
      return found.length >= 2 && found
    })
    expect(new Set(entries.map(({ from }) => from))).toEqual(new Set([VISITOR]))
  }, 60_000)
})
