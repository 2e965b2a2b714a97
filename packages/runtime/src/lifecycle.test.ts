import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createHttpServer } from './http.ts'
import { type Component, startApp } from './lifecycle.ts'
import { createLogger } from './logging.ts'

const logger = createLogger('silent', 'test')

test('a component that does not stop leaves time for those that stop after it', async () => {
  let stopped = false
  const slow: Component = {
    name: 'slow',
    start: async () => {},
    async stop() {
      await sleep(1_000)
      stopped = true
    },
  }
  const stuck: Component = { name: 'stuck', start: async () => {}, stop: () => new Promise(() => {}) }
  const app = await startApp([slow, stuck], logger)
  await app.stop()
  expect(stopped).toBe(true)
})

test('a request that does not end does not keep the server from stopping', async () => {
  const options = { host: '127.0.0.1', port: 0, logger, graceMs: 100, health: async () => ({}) }
  let begun: () => void = () => {}
  const waiting = new Promise<void>(resolve => {
    begun = resolve
  })
  const routes: Parameters<typeof createHttpServer>[0]['routes'] = [
    async fastify => {
      fastify.get('/never', () => {
        begun()
        return new Promise(() => {})
      })
    },
  ]
  const server = createHttpServer({ ...options, routes })
  await server.start()
  const answer = fetch(`${server.url()}/never`)
  answer.catch(() => {})
  await waiting
  await server.stop()
  await expect(answer).rejects.toThrow()
})
