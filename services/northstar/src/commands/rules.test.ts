import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnProcess, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const BIN = join(ROOT, 'services/northstar/bin/northstar.js')
const QUIET = `tests:
  - name: nothing happens
    start: 2026-01-20T15:00:00Z
    interval: 5m
    alert_rule_test: [{ eval_time: 5m, alertname: p0_bugs_open }]
`
const WRONG = `${QUIET}  - name: a bug that is expected to be grave
    start: 2026-01-20T15:00:00Z
    interval: 5m
    events: [{ event: github_issue, properties: { number: 7, action: opened, priority: P0 } }]
    alert_rule_test:
      - { eval_time: 5m, alertname: p0_bugs_open, exp_alerts: [{ exp_labels: { component: kitchen } }] }
`

let folder: TempFolder
beforeAll(async () => {
  folder = await tempFolder('rules-command')
  await cp(join(ROOT, 'deploy/products/caro'), folder.path, { recursive: true })
})
afterAll(() => folder.remove())

async function run(file: string, ...options: string[]) {
  await writeFile(join(folder.path, 'alerts.test.yaml'), file)
  const child = await spawnProcess(process.execPath, [BIN, 'rules', 'test', folder.path, ...options], { cwd: ROOT })
  const { code } = await child.exited
  return { code, stdout: child.stdout, output: child.output }
}

describe('northstar rules test', () => {
  it('exits 0 when all is as expected', async () => {
    const { code, stdout } = await run(QUIET)
    expect(stdout).toBe('✓ nothing happens\n1 passed, 0 failed\n')
    expect(code).toBe(0)
  })

  it('exits 1 and shows what was expected and what came', async () => {
    const { code, stdout } = await run(WRONG)
    expect(code).toBe(1)
    expect(stdout).toContain('✗ a bug that is expected to be grave\n')
    expect(stdout).toContain(
      '    p0_bugs_open at 5m\n      - firing {component="kitchen"}\n      + firing {alertname="p0_bugs_open", component="bugs"',
    )
    const json = await run(WRONG, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject([{ passed: true }, { passed: false, failures: [{ of: 'p0_bugs_open' }] }])
  })

  it('exits 1 with the mistakes of the file and runs nothing', async () => {
    const { code, stdout, output } = await run(QUIET.replace('p0_bugs_open', 'p0_bug_open').replace('eval_time', 'eval_tim'))
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(output).toContain('unknown rule "p0_bug_open", expected one of high_crash_rate')
    expect(output).toContain('; did you mean "p0_bugs_open"?')
    expect(output).toContain('unknown key "eval_tim"')
  })
})
