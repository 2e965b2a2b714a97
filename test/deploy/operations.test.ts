import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { northstar, ROOT } from '../support/northstar.ts'
import { readCompose } from './compose.ts'

const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8')
/** Lines of code blocks, and code within sentences. */
const code = [...text.matchAll(/^ {4}(.+)$|`([^`\n]+)`/gm)].map(([, line, inline]) => line ?? inline ?? '')

/** The options that the page gives each command, by the command's words. */
const commands = new Map<string, Set<string>>()
for (const line of code) {
  const [, called] = /^(?:docker compose exec api |npx )?northstar ([a-z][^#]*)/.exec(line) ?? []
  if (called === undefined) continue
  const [names = ''] = /^[a-z][a-z-]*(?: [a-z][a-z-]*)*/.exec(called) ?? []
  const options = commands.get(names) ?? new Set()
  for (const [option] of called.matchAll(/--[a-z-]+/g)) options.add(option)
  commands.set(names, options)
}

test('the page names commands', () => {
  expect(commands.size).toBeGreaterThan(8)
})

test.each([...commands])(
  'northstar %s is a command, with the options that the page names',
  async (names, options) => {
    const { code: exit, stdout, stderr } = await northstar([...names.split(' '), '--help'])
    expect([exit, stderr]).toEqual([0, ''])
    for (const option of options) expect(stdout).toContain(option)
  },
  120_000,
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
