import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProblem, inspectProduct } from '@northstar/catalogue'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { channelsSection } from './channels-section.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'northstar-channels-'))
  writeFileSync(join(folder, 'product.yaml'), 'name: shop\ntitle: Shop\ntimezone: Europe/Berlin\nlaunch: 2026-01-15\n')
  writeFileSync(join(folder, 'tracking-plan.yaml'), 'events: {}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function inspect(channels: string, env: Readonly<Record<string, string>> = {}) {
  writeFileSync(join(folder, 'channels.yaml'), channels)
  const { problems, warnings, catalogue } = inspectProduct(folder, { notifying: channelsSection }, { env })
  return { problems: problems.map(formatProblem), warnings: warnings.map(formatProblem), notifying: catalogue?.notifying }
}

test('a channel without its secret is off, with a warning; with it, it is on', () => {
  const channels = `channels:
  hook: { type: webhook, url: '\${HOOK_URL}' }
  plain: { type: webhook, url: 'https://example.org' }
receivers: { all: [hook, plain] }
route: { receiver: all }
`
  const without = inspect(channels)
  expect(without.warnings).toEqual(['channels.yaml:2: the channel hook is off: HOOK_URL has no value'])
  expect(Object.keys(without.notifying?.channels ?? {})).toEqual(['plain'])
  expect(without.notifying).toMatchObject({
    receivers: { all: ['hook', 'plain'] },
    off: { hook: { type: 'webhook', missing: ['HOOK_URL'] } },
  })
  const given = inspect(channels, { HOOK_URL: 'https://example.net' })
  expect(given.warnings).toEqual([])
  expect(given.notifying?.channels.hook).toEqual({ type: 'webhook', url: 'https://example.net' })
  expect(given.notifying?.off).toEqual({})
})

test('a channel that makes an incident of each alert sends no digests', () => {
  const { problems } = inspect(`channels:
  pager: { type: pagerduty, routing_key: k }
receivers: { r: [] }
route: { receiver: r }
digests:
  - { receiver: r, channels: [pager], weekday: monday, at: '09:00' }
`)
  expect(problems).toEqual(['channels.yaml:6: unknown channel for a digest "pager": there is none to choose from'])
})
