import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { targetProblem } from './channels/registry.ts'
import { channelsFile } from './channels-section.ts'
import { createHttpSend } from './http-send.ts'
import { checkTarget, createSafeLookup, isPrivate, resolveOutside, TargetRefused } from './safe-target.ts'

/** Spellings of private addresses. `PORT` is one on which a server listens. */
const INSIDE = [
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.255.255.254:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0x7f.1:PORT/',
  'http://0x7f000001:PORT/',
  'http://0X7F.0.0.1:PORT/',
  'http://2130706433:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.01:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http://127。0。0。1:PORT/',
  'http://①②⑦.0.0.1:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[::ffff:0:10.0.0.1]:PORT/',
  'http://[2400:cb00:1::5efe:127.0.0.1]:PORT/',
  'http://[2400:cb00:1::200:5efe:10.0.0.1]:PORT/',
  'http://[2400:cb00:1:2:0:5efe:a00:1]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://localhost.:PORT/',
  'http://a.localhost:PORT/',
  'http://ⓛocalhost:PORT/',
  'http://user:password@127.0.0.1:PORT/',
  'http://example.com@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\\@example.com/',
  'http:\\\\127.0.0.1:PORT/',
  'http:127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/ ',
  'ht\ntp://127.0.0.1:PORT/',
  'https://127.0.0.1:PORT/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
] as const

const NO_URL = [
  '',
  'nonsense',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://127.0.0.1/',
  'http://[fe80::1%25eth0]/',
  'http://256.1.1.1/',
]

let hits = 0
let port = 0
const server = createServer((_, response) => {
  hits++
  response.end()
})
beforeAll(async () => {
  server.listen(0, '::')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
afterAll(() => new Promise<void>(resolve => server.close(() => resolve())))

const at = (spelling: string) => spelling.replace('PORT', String(port))

describe('a private target', () => {
  it(`is refused in each of ${INSIDE.length} spellings, and never reached`, async () => {
    const http = createHttpSend({ allowPrivateTargets: false, timeoutMs: 2_000 })
    const refusals = await Promise.all(
      INSIDE.map(async spelling => {
        const problem = targetProblem(channelsFile.parse(hook(at(spelling))).channels.hook ?? never(), false)
        const sent = await http({ url: at(spelling), body: '{}' }).catch((error: unknown) => error)
        return problem !== null && sent instanceof TargetRefused ? [] : [spelling]
      }),
    )
    http.close()
    expect(refusals.flat()).toEqual([])
    expect(hits).toBe(0)
  })

  it('is refused if it is not an http URL', () => {
    for (const text of NO_URL) expect(() => checkTarget(text, true), text).toThrow(TargetRefused)
  })

  it('is refused if a name resolves to one, even if its other addresses are public', async () => {
    const leads =
      (...addresses: string[]) =>
      () =>
        Promise.resolve(addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })))
    await expect(resolveOutside('rebinding.example', false, leads('127.0.0.1'))).rejects.toThrow(TargetRefused)
    await expect(resolveOutside('rebinding.example', false, leads('93.184.216.34', '10.0.0.1'))).rejects.toThrow(TargetRefused)
    await expect(resolveOutside('rebinding.example', false, leads('::ffff:169.254.169.254'))).rejects.toThrow(TargetRefused)
    await expect(resolveOutside('rebinding.example', false, leads())).rejects.toThrow(TargetRefused)
    expect(await resolveOutside('example.com', false, leads('93.184.216.34'))).toHaveLength(1)
  })

  it('is refused at the time of connecting, even if an earlier answer was public', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']]
    const lookup = createSafeLookup(false, () => Promise.resolve((answers.shift() ?? []).map(address => ({ address, family: 4 }))))
    const look = () => new Promise(resolve => lookup('changing.example', {}, (error, address) => resolve(error ?? address)))
    expect(await look()).toBe('93.184.216.34')
    expect(await look()).toBeInstanceOf(TargetRefused)
  })

  it('is refused for mail, in any spelling', () => {
    for (const smtp of ['smtp://127.0.0.1:25', 'smtps://2130706433', 'smtp://[::1]:25', 'smtp://0x7f.1:25', 'smtp://localhost:25']) {
      const config = { type: 'email' as const, smtp, from: 'a@example.com', to: ['b@example.com'] }
      expect(targetProblem(config, false), smtp).not.toBeNull()
      expect(targetProblem(config, true), smtp).toBeNull()
    }
  })

  it('is not reached by a redirect', async () => {
    const redirecting = createServer((_, response) => response.writeHead(302, { location: at('http://127.0.0.1:PORT/') }).end())
    redirecting.listen(0, '127.0.0.1')
    await once(redirecting, 'listening')
    const address = redirecting.address()
    const http = createHttpSend({ allowPrivateTargets: true })
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
    expect((await http({ url, body: '' })).status).toBe(302)
    expect(hits).toBe(0)
    http.close()
    redirecting.close()
  })
})

describe('addresses', () => {
  it('that are public are allowed', () => {
    for (const address of ['93.184.216.34', '1.1.1.1', '2606:4700:4700::1111', '::ffff:93.184.216.34', '172.32.0.1', '100.128.0.1'])
      expect(isPrivate(address), address).toBe(false)
  })

  it('that are invalid count as private', () => {
    expect(isPrivate('example.com')).toBe(true)
    expect(isPrivate('fe80::1%eth0')).toBe(true)
  })
})

describe('a request', () => {
  it('times out if the server does not answer', async () => {
    const silent = createTcpServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const http = createHttpSend({ allowPrivateTargets: true, timeoutMs: 50 })
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
    await expect(http({ url, body: '' })).rejects.toMatchObject({ name: expect.stringMatching(/AbortError|TimeoutError/) as string })
    http.close()
    silent.close()
  })
})

const hook = (url: string) => ({ channels: { hook: { type: 'webhook', url } }, receivers: { all: ['hook'] }, route: { receiver: 'all' } })

function never(): never {
  throw new Error('the channel is missing')
}
