import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import {
  answersReady,
  eventually,
  freePort,
  type Receiver,
  type SpawnedProcess,
  spawnProcess,
  startReceiver,
  type TempFolder,
  tempFolder,
} from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { ROOT, startNorthstar } from '../support/northstar.ts'

const FOLDER = join(ROOT, 'deploy/prometheus')
const KEY = 'a-write-key-for-tests'
/** As the guide writes it: it counts series. */
const GUIDE = 'count(rate(analytics_crashes_total[5m])) / count(rate(analytics_command_generated_total[5m]))'

/** The first of the names that the shell would find. */
function program(...names: string[]): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).flatMap(folder => names.map(name => join(folder, name)))
  return paths.find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const programs = {
  prometheus: program('prometheus'),
  promtool: program('promtool'),
  alertmanager: program('prometheus-alertmanager', 'alertmanager'),
}
const missing = Object.entries(programs).flatMap(([name, path]) => (path ? [] : [name]))
if (missing.length > 0) {
  const reason = `${missing.join(', ')} not on the PATH (Debian's packages prometheus and prometheus-alertmanager)`
  if (inject('ci')) throw new Error(reason)
  process.stderr.write(`\nNOT RUN, for lack of a real Prometheus: test/deploy/prometheus.test.ts: ${reason}\n`)
}

let folder: TempFolder
let receiver: Receiver
let processes: SpawnedProcess[]
let northstar: string
let prometheus: string

interface Received {
  readonly receiver: string
  readonly status: string
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[]
}

async function send(event: string, count: number, properties: object): Promise<void> {
  const body = Array.from({ length: count }, (_, i) => ({ event, user_id: `u${i % 20}`, session_id: `s${i % 50}`, properties }))
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const response = await fetch(`${northstar}/v1/events`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(response.status).toBe(202)
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`${prometheus}${path}`)
  return ((await response.json()) as { data: T }).data
}

async function query(expression: string): Promise<number | undefined> {
  const { result } = await ask<{ result: { value: [number, string] }[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`)
  return result[0] && Number(result[0].value[1])
}

describe.skipIf(missing.length > 0)('beside a real Prometheus and Alertmanager', () => {
  beforeAll(async () => {
    folder = await tempFolder('prometheus')
    receiver = await startReceiver()
    processes = []
    const [port, metricsPort, prometheusPort, alertmanagerPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    northstar = `http://127.0.0.1:${port}`
    prometheus = `http://127.0.0.1:${prometheusPort}`

    const alertmanagerConfig = {
      route: {
        receiver: 'rest',
        group_wait: '1s',
        group_interval: '1s',
        routes: [{ receiver: 'grave', matchers: ['severity="P0"', 'product="caro"'], group_by: ['alertname'] }],
      },
      receivers: ['rest', 'grave'].map(name => ({ name, webhook_configs: [{ url: `${receiver.url}/${name}` }] })),
    }
    await writeFile(join(folder.path, 'alertmanager.yml'), stringify(alertmanagerConfig))
    // The file as it is shipped, with this test's addresses and a shorter step.
    const shipped = parse(await readFile(join(FOLDER, 'prometheus.yml'), 'utf8')) as Record<string, unknown>
    const config = {
      ...shipped,
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(FOLDER, 'rules.yaml')],
      scrape_configs: [{ job_name: 'northstar', static_configs: [{ targets: [`127.0.0.1:${metricsPort}`] }] }],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
    }
    await writeFile(join(folder.path, 'prometheus.yml'), stringify(config))

    const start = async (command: string, args: string[], ready: string) => {
      const child = await spawnProcess(command, args, { cwd: folder.path })
      processes.push(child)
      await child.ready(async () => (await fetch(ready)).ok, 30_000)
    }
    await Promise.all([
      start(
        programs.alertmanager ?? '',
        [
          '--config.file=alertmanager.yml',
          '--storage.path=alertmanager',
          `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
          '--cluster.listen-address=',
        ],
        `http://127.0.0.1:${alertmanagerPort}/-/ready`,
      ),
      start(
        programs.prometheus ?? '',
        ['--config.file=prometheus.yml', '--storage.tsdb.path=prometheus', `--web.listen-address=127.0.0.1:${prometheusPort}`],
        `${prometheus}/-/ready`,
      ),
      startNorthstar(['up'], {
        NORTHSTAR_PORT: String(port),
        NORTHSTAR_METRICS_PORT: String(metricsPort),
        NORTHSTAR_DATA_DIR: join(folder.path, 'data'),
        NORTHSTAR_WRITE_KEY: KEY,
        NORTHSTAR_ADMIN_TOKEN: 'an-admin-token-for-the-tests-of-deploy',
        NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1',
        ALERTMANAGER_URL: `http://127.0.0.1:${alertmanagerPort}`,
        LOG_LEVEL: 'warn',
      }).then(async child => {
        processes.push(child)
        await child.ready(() => answersReady(northstar), 60_000)
      }),
    ])
  })

  afterAll(async () => {
    await Promise.all((processes ?? []).map(child => child.stop()))
    await receiver?.stop()
    await folder?.remove()
  })

  test('the rules do what their tests say', async () => {
    const { stdout } = await promisify(execFile)(programs.promtool ?? '', ['test', 'rules', 'rules.test.yaml'], { cwd: FOLDER })
    expect(stdout).toContain('SUCCESS')
    await promisify(execFile)(programs.promtool ?? '', ['check', 'config', 'prometheus.yml'], { cwd: FOLDER })
  })

  test('the guide’s alert, corrected, sees the crash rate that was sent; as the guide writes it, it sees 1 whatever was sent', async () => {
    // The series are there before any event, so that a rate sees the first ones.
    await eventually(async () => (await query('analytics_crashes_total')) === 0, { timeoutMs: 15_000 })
    await send('command_generated', 400, { category: 'devops', platform: 'linux' })
    await send('crash', 20, { platform: 'linux', version: '1.1.0-beta', stack_trace: 'main' })
    interface Rules {
      readonly groups: { rules: { name: string; state: string; health: string; alerts: { state: string; value: string }[] }[] }[]
    }
    const found = await eventually(
      async () => {
        const { groups } = await ask<Rules>('/api/v1/rules')
        const rule = groups.flatMap(group => group.rules).find(one => one.name === 'HighCrashRate')
        return rule?.state === 'pending' ? rule : undefined
      },
      { timeoutMs: 20_000, what: 'HighCrashRate is pending' },
    )
    expect(found.health).toBe('ok')
    // Twenty crashes of four hundred commands.
    expect(Number(found.alerts[0]?.value)).toBeCloseTo(0.05, 2)
    expect(await query(GUIDE)).toBe(1)
    expect(await query('analytics_crashes_total == analytics_crash_total')).toBe(20)
    const { groups } = await ask<Rules>('/api/v1/rules')
    expect(groups.flatMap(group => group.rules).filter(rule => rule.health === 'err')).toEqual([])
  })

  test('Alertmanager takes what we send, routes it by our labels, and notifies of the end', async () => {
    const received = () => receiver.requests.map(request => request.json() as Received)
    const heard = (name: string, status: string) =>
      received().filter(
        body => body.receiver === name && body.alerts.some(one => one.labels.alertname === 'p0_bugs_open' && one.status === status),
      )
    await send('github_issue', 1, { number: 7, action: 'opened', priority: 'P0' })
    await eventually(() => heard('grave', 'firing').length > 0, { timeoutMs: 20_000, what: 'Alertmanager received of the bug' })
    expect(heard('grave', 'firing')[0]?.alerts[0]?.labels).toMatchObject({ severity: 'P0', product: 'caro', component: 'bugs' })
    await send('github_issue', 1, { number: 7, action: 'closed', priority: 'P0' })
    await eventually(() => heard('grave', 'resolved').length > 0, { timeoutMs: 20_000, what: 'Alertmanager received of the end' })
    expect([...heard('rest', 'firing'), ...heard('rest', 'resolved')]).toEqual([])
  })
})
