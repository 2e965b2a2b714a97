import { expect, test } from 'vitest'
import { startEmbedded } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { northstar } from '../support/northstar.ts'

test('a second process on the data folder ends with a sentence, and the first goes on', async () => {
  const installation = await startEmbedded()
  try {
    for (const args of [['up'], ['serve', 'ingest'], ['migrate']]) {
      const { code, stderr } = await northstar(args, { ...installation.env, NORTHSTAR_PORT: '0', NORTHSTAR_METRICS_PORT: '0' })
      expect(code, args.join(' ')).toBeGreaterThan(0)
      const sentence = args[0] === 'serve' ? /needs KAFKA_BROKERS/ : /the data folder .* is in use by process \d+/
      expect(stderr, args.join(' ')).toMatch(sentence)
    }
    const event = {
      event: 'command_generated',
      timestamp: new Date().toISOString(),
      user_id: 'u',
      session_id: 's',
      properties: { category: 'devops', platform: 'linux' },
    }
    expect((await post(installation.ingest, JSON.stringify(event))).status).toBe(202)
    // SIGKILL leaves no lock behind.
    const [service] = installation.services
    await service?.kill()
    await service?.start()
  } finally {
    await installation.remove()
  }
}, 240_000)
