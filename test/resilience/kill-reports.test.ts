import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startReceiver } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type EmbeddedOptions, type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import type { Env } from '../support/northstar.ts'
import { copyProduct, zoneOfNoon } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import { CHANNELS, channelsOf, createKilledSends, reportsNamed } from '../support/report-kills.ts'
import { allServers } from '../support/servers.ts'

const REPORTS = 25
/** Each message of each report meets one kill. */
const KILLS = REPORTS * CHANNELS.length
const TAKEOVER_EVERY = 10
const names = Array.from({ length: REPORTS }, (_, i) => `report-${i}`)

interface Options extends EmbeddedOptions {
  readonly envOf: (n: number) => Env
}

async function expectOneMessageEach(
  start: (options: Options) => Promise<Installation>,
  isTakenOver?: (kill: number) => boolean,
): Promise<void> {
  const [product, receiver] = [await copyProduct({ timezone: zoneOfNoon() }), await startReceiver()]
  await writeFile(join(product.folder, 'reports.yaml'), stringify({ reports: reportsNamed(names) }))
  const installation = await start({ product, envOf: n => channelsOf(receiver, n) })
  try {
    const sends = createKilledSends({ installation, reports: names, random: createRandom(SEED), isTakenOver })
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
  test('embedded', () => expectOneMessageEach(options => startEmbedded({ ...options, env: options.envOf(0) })), 900_000)

  test.skipIf(!servers)(
    'over real servers, with two replicas that send, of which one takes over now and then',
    () =>
      expectOneMessageEach(
        options => {
          if (!servers) throw new Error('there are no servers')
          return startDistributed({ ...servers, ...options, roles: ['ingest', 'counters,warehouse', 'reports', 'reports', 'api'] })
        },
        kill => kill % TAKEOVER_EVERY === 0,
      ),
    1_200_000,
  )
})
