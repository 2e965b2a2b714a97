import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openIssue, startGitHub } from '@northstar/collectors/contract'
import { readSettings, startApp } from '@northstar/runtime'
import { eventually, startReceiver, tempFolder } from '@northstar/testkit'
import { expect, it } from 'vitest'
import { compose } from './compose.ts'
import { ALL_ROLES } from './roles.ts'

const CARO = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const SECOND = 1_000

interface Hook {
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
}

it('a P0 bug on GitHub is collected, counted and reported to the webhook', async () => {
  const folder = await tempFolder('collecting')
  const github = await startGitHub()
  const webhook = await startReceiver()
  const product = join(folder.path, 'product')
  await cp(CARO, product, { recursive: true })
  const file = join(product, 'collectors.yaml')
  const yaml = await readFile(file, 'utf8')
  await writeFile(file, yaml.replace('    repository: ${COLLECT_GITHUB', `    api: ${github.url}\n    repository: \${COLLECT_GITHUB`))
  const now = Math.floor(Date.now() / SECOND) * SECOND
  openIssue(github.repository, now - 600 * SECOND, ['bug', 'P0'])

  const settings = readSettings({
    NORTHSTAR_PRODUCT: product,
    NORTHSTAR_DATA_DIR: join(folder.path, 'data'),
    NORTHSTAR_PORT: '0',
    NORTHSTAR_METRICS_PORT: '0',
    NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1',
    NORTHSTAR_ALERT_WEBHOOK_URL: webhook.url,
    COLLECT_GITHUB_REPOSITORY: 'caro-cli/caro',
    LOG_LEVEL: 'silent',
  })
  const { components, logger } = await compose(settings, ALL_ROLES)
  const app = await startApp(components, logger)
  const heard = () =>
    eventually(
      () =>
        webhook.requests
          .flatMap(request => (request.json() as Hook).alerts)
          .find(alert => alert.status === 'firing' && alert.labels.alertname === 'p0_bugs_open'),
      { timeoutMs: 50_000, what: 'the alert' },
    )
  try {
    expect((await heard()).annotations.summary).toBe('1 critical bug open')
  } finally {
    await app.stop()
    await Promise.all([github.stop(), webhook.stop()])
    await folder.remove()
  }
}, 60_000)
