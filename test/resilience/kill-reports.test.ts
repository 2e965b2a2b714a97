import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startReceiver } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type EmbeddedOptions, type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { copyProduct } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import { CHANNELS, createKilledSends, reportsNamed } from '../support/report-kills.ts'
import { allServers } from '../support/servers.ts'

const REPORTS = 25
/** Each message of each report meets one kill. */
const KILLS = REPORTS * CHANNELS.length
const TAKEOVER_EVERY = 10
const names = Array.from({ length: REPORTS }, (_, i) => `report-${i}`)

/** @param sender the role that sends */
async function expectOneMessageEach(sender: string, start: (options: EmbeddedOptions) => Promise<Installation>): Promise<void> {
  const [product, receiver] = [await copyProduct(), await startReceiver()]
  await writeFile(join(product.folder, 'reports.yaml'), stringify({ reports: reportsNamed(names) }))
  const installation = await start({
    product,
    env: { SLACK_RELEASES_WEBHOOK_URL: `${receiver.url}/slack`, DISCORD_ANNOUNCEMENTS_WEBHOOK_URL: `${receiver.url}/discord` },
  })
  try {
    const senders = installation.services.filter(({ role }) => role === sender)
    const isTakenOver = (kill: number) => senders.length > 1 && kill % TAKEOVER_EVERY === 0
    const sends = createKilledSends({ installation, senders, reports: names, random: createRandom(SEED), isTakenOver })
    receiver.otherwise(sends.answer)
    expect(await sends.run()).toBe(KILLS)
    const repeats = [...sends.messages.values()].reduce((sum, { length }) => sum + length - 1, 0)
    process.stdout.write(`${KILLS} kills around a send (seed ${SEED}): ${sends.messages.size} messages of ${KILLS}, ${repeats} repeats\n`)
    expect(sends.messages.size).toBe(KILLS)
    expect([...sends.messages.values()].filter(contents => new Set(contents).size > 1)).toEqual([])
    // A kill before the answer always leads to a repeat: one of three.
    expect(repeats).toBeGreaterThanOrEqual(Math.ceil(KILLS / 3))
  } finally {
    await installation.remove()
    await receiver.stop()
  }
}

const servers = allServers()

describe(`reports, killed ${KILLS} times around a send: one message each, a repeat has the same key and content`, () => {
  test('embedded', () => expectOneMessageEach('up', startEmbedded), 900_000)

  test.skipIf(!servers)(
    'over real servers, with two replicas that send',
    () =>
      expectOneMessageEach('reports', options => {
        if (!servers) throw new Error('there are no servers')
        return startDistributed({ ...servers, ...options, roles: ['ingest', 'counters,warehouse', 'reports', 'reports', 'api'] })
      }),
    900_000,
  )
})
