import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readSettings } from '@northstar/runtime'
import { afterEach, expect, test } from 'vitest'
import { callApi, downloadApi, overrideConnection, streamApi } from './api-client.ts'
import { failureOf } from './program.ts'
import { sendEvents } from './simulate/index.ts'

afterEach(() => overrideConnection({}))

/** How a command ends whose requests another server answers. */
async function outcome(answer: RequestListener, ask: (url: string) => Promise<unknown>, token = 'a-token') {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  overrideConnection({ url, token })
  try {
    await ask(url)
    return { exitCode: 0, message: '' }
  } catch (error) {
    const { exitCode, message = '' } = failureOf(error)
    return { exitCode, message: message.replaceAll(url, 'URL') }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const settings = readSettings({})
const cutOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '100', 'content-type': 'application/json' })
  response.write('{"metrics": [', () => response.destroy())
}
const drain = async (lines: AsyncIterable<unknown>) => {
  for await (const _ of lines);
}

test.each([
  ['callApi', () => callApi(settings, '/v1/metrics')],
  ['downloadApi', () => downloadApi(settings, '/v1/sql', {})],
  ['streamApi', () => drain(streamApi(settings, '/v1/forget', {}))],
])('%s reports an answer that is cut off like a server that cannot be reached', async (_, ask) => {
  const message = 'the connection to Northstar at URL was lost before the end of the answer'
  expect(await outcome(cutOff, ask)).toEqual({ exitCode: 4, message })
})

test('events whose answer is cut off are sent again', async () => {
  let requests = 0
  const sent = async (url: string) => {
    expect(await sendEvents(url, 'a-key', [{ event: 'downloads' }])).toMatchObject({ accepted: 1 })
  }
  const answer: RequestListener = (request, response) => {
    if (++requests === 1) return void cutOff(request, response)
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"accepted": 1, "rejected": []}')
  }
  expect(await outcome(answer, sent)).toEqual({ exitCode: 0, message: '' })
  expect(requests).toBe(2)
})

test('another server at the address is named as such', async () => {
  const page: RequestListener = (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>')
  expect(await outcome(page, () => callApi(settings, '/v1/metrics'))).toEqual({
    exitCode: 1,
    message: 'URL is not Northstar: its answer is not JSON',
  })
  const accepting: RequestListener = (_, response) => void response.writeHead(202).end('ok')
  expect(await outcome(accepting, url => sendEvents(url, 'a-key', [{ event: 'downloads' }]))).toEqual({
    exitCode: 1,
    message: 'URL is not Northstar: it answered 202 without JSON',
  })
})

test('a proxy whose service does not run cannot reach Northstar', async () => {
  const proxy: RequestListener = (_, response) => void response.writeHead(502).end()
  expect(await outcome(proxy, () => callApi(settings, '/v1/metrics'))).toEqual({
    exitCode: 4,
    message: 'cannot reach Northstar behind URL: the proxy answered 502',
  })
})

test('a refused token is named by where it comes from', async () => {
  const refusing: RequestListener = (_, response) =>
    void response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"title": "Unauthorized"}')
  expect(await outcome(refusing, () => callApi(settings, '/v1/metrics'))).toEqual({
    exitCode: 1,
    message: 'Northstar at URL does not know the token of --token',
  })
})

test('a token that no header can carry is wrong usage rather than a server that cannot be reached', async () => {
  const { exitCode, message } = await outcome(cutOff, () => callApi(settings, '/v1/metrics'), 'nsa_…')
  expect(exitCode).toBe(2)
  expect(message).toContain('the token of --token has a space or a character that keys and tokens never have')
})
