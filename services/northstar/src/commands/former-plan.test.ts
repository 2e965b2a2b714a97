import { execFileSync } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadProduct, privacyPage } from '@northstar/catalogue'
import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { changesSince } from './former-plan.ts'

const product = fileURLToPath(new URL('../../../../deploy/products/caro', import.meta.url))
const CHANGE = { subject: 'satisfaction_survey.rating', message: 'max was 5 and is 4' }

test('incompatible changes against a folder and against a git revision', async () => {
  const folder = await tempFolder('former-plan')
  try {
    const own = `${folder.path}/own`
    await cp(product, own, { recursive: true })
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-C', folder.path, '-c', 'user.name=test', '-c', 'user.email=test@example.invalid', ...args], {
        stdio: 'ignore',
      })
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'plan')
    const file = `${own}/tracking-plan.yaml`
    await writeFile(file, (await readFile(file, 'utf8')).replace('max: 5', 'max: 4'))
    expect(await changesSince(own, 'HEAD')).toEqual([CHANGE])
    expect(await changesSince(own, product)).toEqual([CHANGE])
    expect(await changesSince(own, own)).toEqual([])
    for (const unknown of ['no-such-revision', '--help'])
      await expect(changesSince(own, unknown)).rejects.toThrow(/neither a folder, nor a git revision/)
  } finally {
    await folder.remove()
  }
})

test('the page "what we collect" has every event and property of the plan, with its class and its policy', () => {
  const { catalogue } = loadProduct(product, {})
  const page = privacyPage(catalogue, {
    retentionDays: 730,
    logDays: 7,
    locations: { log: 'Kafka', counters: 'Redis', warehouse: 'ClickHouse' },
  })
  for (const { name, properties } of catalogue.plan.events.values()) {
    const [, section = ''] = page.split(`### \`${name}\`\n`)
    const [own = ''] = section.split('\n### ')
    for (const property of properties.values())
      expect(own, name).toMatch(new RegExp(`\\| \`${property.name}\` \\|.*\\| ${property.privacy} \\|`))
  }
  for (const range of ['integer from 1 to 5', 'number of at least 0']) expect(page).toContain(`| ${range} |`)
  for (const text of ['DO_NOT_TRACK', 'northstar forget USER_ID', '730 days', 'ClickHouse', '`stack_trace`']) expect(page).toContain(text)
})
