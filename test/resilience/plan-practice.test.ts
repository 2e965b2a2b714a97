import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@northstar/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { allServers } from '../support/servers.ts'

const servers = allServers()
/** Processes look for another plan every 5 s, and ingest waits for 20 s more. */
const EVERYWHERE = { timeoutMs: 90_000, everyMs: 1_000 }
const WALKS = 6

let installation: Installation | undefined
afterEach(() => installation?.remove())

const walks = Array.from({ length: WALKS }, (_, i) => ({
  event: 'walked_home',
  id: `walk-${i}`,
  user_id: `walker-${i}`,
  properties: { steps: i, mood: 'good' },
}))
const shaded = { event: 'feature_used', id: 'shaded', user_id: 'walker-0', properties: { feature: 'history', shade: 'dark' } }

/** Adds what is suggested to the plan, as the suggestion says: events under `events`, properties to those of their event. */
function pasted(plan: string, suggestion: string): string {
  const lines = suggestion.split('\n')
  const indent = (line: string) => line.search(/\S/)
  const blockFrom = (at: number) => {
    const end = lines.findIndex((line, i) => i > at && indent(line) <= indent(lines[at] ?? ''))
    return lines.slice(at, end < 0 ? undefined : end).filter(line => line !== '')
  }
  const eventLines = lines.flatMap((line, at) => (/^ {2}\w+:/.test(line) ? [at] : []))
  return eventLines.reduce((text, at) => {
    const [head = '', ...body] = blockFrom(at)
    const name = head.trim().split(':')[0]
    if (!head.includes('# add these')) return text.replace(/^events:\n/m, events => `${events}${[head, ...body].join('\n')}\n`)
    const properties = new RegExp(`^  ${name}:\\n(?:    .*\\n)*?    properties:\\n`, 'm')
    return text.replace(properties, event => `${event}${body.slice(1).join('\n')}\n`)
  }, plan)
}

/** What the plan does not know is kept aside, suggested, declared, and replayed once. */
async function practise(of: Installation): Promise<void> {
  const { product } = of
  const json = async <T>(...args: string[]) => JSON.parse((await of.command([...args, '--json'])).stdout) as T
  const { key } = await json<{ key: string }>('keys', 'create', 'loose', '--on-violation', 'quarantine')
  const sent = await eventually(async () => {
    const { status, body } = await post(of.ingest, JSON.stringify([...walks, shaded]), { authorization: `Bearer ${key}` })
    return status === 202 && body
  })
  expect(sent).toMatchObject({ accepted: WALKS + 1, quarantined: WALKS + 1 })
  await caughtUp(of)
  expect(await json('dead-letters', 'try')).toMatchObject({ total: WALKS + 1, passed: 0 })

  // What arrived is stored once a second.
  const suggestion = await eventually(async () => {
    const { stdout } = await of.command(['plan', 'suggest'])
    return stdout.includes('walked_home') && stdout.includes('shade') && stdout
  })
  const old = `${product.folder}-old`
  await cp(product.folder, old, { recursive: true })
  const file = join(product.folder, 'tracking-plan.yaml')
  const former = await readFile(file, 'utf8')
  await writeFile(file, pasted(former, suggestion))
  const checked = await of.command(['check', product.folder, '--against', old])
  expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('is valid')])

  const narrower = await readFile(file, 'utf8')
  await writeFile(file, narrower.replace(/^ {2}feature_used:/m, '  feature_was_used:'))
  expect(await of.command(['check', product.folder, '--against', old])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('feature_used'),
  })
  const refused = await of.command(['plan', 'reload'])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('feature_used')])
  await writeFile(file, narrower)
  expect(await of.command(['plan', 'reload'])).toMatchObject({ code: 0, stdout: expect.stringContaining('walked_home.steps') })

  await eventually(async () => (await json<{ passed: number }>('dead-letters', 'try')).passed === WALKS + 1, EVERYWHERE)
  expect((await of.command(['dead-letters', 'try'])).stdout).toBe(`${WALKS + 1} of ${WALKS + 1} would pass\n`)
  // A consumer that does not know the plan yet would leave its properties out: ingest takes such events once all of them know it. Of
  // another key, the event is another one.
  await eventually(async () => (await post(of.ingest, JSON.stringify(walks[0]))).status === 202, EVERYWHERE)
  expect(await json('dead-letters', 'replay')).toMatchObject({ passed: WALKS + 1 })
  await caughtUp(of)
  expect(await json('dead-letters', 'replay')).toMatchObject({ total: 0, passed: 0 })
  const { data } = await json<{ data: readonly object[] }>(
    'sql',
    "SELECT count() AS n, sum(steps) AS steps, countIf(shade = 'dark') AS dark FROM events WHERE event IN ('walked_home', 'feature_used')",
  )
  expect(data.map(row => Object.values(row).map(Number))).toEqual([[WALKS + 1 + 1, 15, 1]])
  expect((await of.get('/v1/verify')).body).toMatchObject({ ok: true, differences: [] })
}

test('embedded: what the plan does not know is suggested, declared and replayed', async () => {
  installation = await startEmbedded()
  await practise(installation)
}, 600_000)

describe.skipIf(!servers)('over real servers', () => {
  test('what the plan does not know is suggested, declared and replayed', async () => {
    if (!servers) throw new Error('there are no servers')
    installation = await startDistributed({ ...servers })
    await practise(installation)
  }, 600_000)
})
