import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { northstar, ROOT } from '../support/northstar.ts'
import { readCompose } from './compose.ts'

const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8')
/** Lines of code blocks, and code within sentences. */
const code = [...text.matchAll(/^ {4}(.+)$|`([^`\n]+)`/gm)].map(([, line, inline]) => line ?? inline ?? '')

const commands = new Map(
  code
    .map(line => /(?:^|exec api |npx )northstar ([a-z-]+)((?: [a-z-]+)*)/.exec(line) && line.replace(/^.*?northstar /, '').split('#')[0])
    .flatMap(line => (line ? [[line.trim(), line.trim().split(/\s+/)] as const] : [])),
)

test('the page names commands', () => {
  expect(commands.size).toBeGreaterThan(8)
})

test.each([...commands])(
  'northstar %s is a command with these options',
  async (_, words) => {
    const options = words.filter(word => word.startsWith('--'))
    const names = words.slice(0, words.findIndex(word => !/^[a-z][a-z-]*$/.test(word)) >>> 0)
    const { code: exit, stdout, stderr } = await northstar([...names, '--help'])
    expect([exit, stderr]).toEqual([0, ''])
    for (const option of options) expect(stdout).toContain(option)
  },
  60_000,
)

test('services and volumes that its commands for containers name are those of the Compose file', async () => {
  const compose = await readCompose({
    NORTHSTAR_SECRET: 'x',
    NORTHSTAR_ADMIN_TOKEN: 'x',
    NORTHSTAR_WRITE_KEY: 'x',
    STORES_PASSWORD: 'x',
  })
  const services = code.flatMap(line =>
    [...line.matchAll(/docker compose (?:stop|start|pause|unpause|exec|logs) ([a-z ]+?)(?= &&|$| redis-cli| northstar| #)/g)].flatMap(
      ([, names = '']) => names.split(' '),
    ),
  )
  expect(services.length).toBeGreaterThan(10)
  expect(services.filter(name => !(name in compose.services))).toEqual([])
  const volumes = code.flatMap(line => [...line.matchAll(/for volume in ([a-z ]+);/g)].flatMap(([, names = '']) => names.split(' ')))
  const mounted = Object.values(compose.services).flatMap(({ volumes: own = [] }) => own.map(volume => volume.split(':')[0]))
  expect(volumes.filter(name => !mounted.includes(name))).toEqual([])
  expect(text).toContain(`${compose.name}_$volume`)
})
