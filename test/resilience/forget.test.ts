import { tmpdir } from 'node:os'
import { eventually } from '@northstar/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { expectForgotten, forgetUnderLoad, tracesIn } from '../support/forgetting.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { allServers } from '../support/servers.ts'

const [USERS, FORGOTTEN, DEAD] = [100_000, 1_000, 50]
const servers = allServers()
let installation: Installation | undefined

afterEach(() => installation?.remove())

async function forgetMany(of: Installation) {
  const outcome = await forgetUnderLoad(of, USERS, FORGOTTEN, DEAD)
  expectForgotten(outcome, FORGOTTEN, DEAD)
  return outcome.receipts
}

test(`embedded: ${FORGOTTEN} of ${USERS} users are forgotten under load, and no file has a byte of them`, async () => {
  installation = await startEmbedded()
  const receipts = await forgetMany(installation)
  expect(await tracesIn(installation.env.NORTHSTAR_DATA_DIR ?? '', receipts)).toEqual([])
}, 1_500_000)

describe.skipIf(!servers)('over real servers', () => {
  test(`${FORGOTTEN} of ${USERS} users are forgotten under load, and only Kafka's files have them until its retention`, async () => {
    if (!servers) throw new Error('there are no servers')
    installation = await startDistributed({ ...servers })
    const receipts = await forgetMany(installation)
    for (const { log_kept_until } of receipts) expect(Date.parse(log_kept_until ?? '') - Date.now()).toBeGreaterThan(6 * 86_400_000)
    // Redis rewrites its append-only file in the background.
    await eventually(
      async () => {
        const traces = await tracesIn(tmpdir(), receipts)
        expect(traces.filter(trace => !/\/northstar\.[^/]+\.events-\d+\//.test(trace))).toEqual([])
        return true
      },
      { timeoutMs: 60_000, everyMs: 2_000 },
    )
  }, 1_500_000)
})
