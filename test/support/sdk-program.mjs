// A program with the SDK, as a user would write it: records events that differ in `version`, and prints each once it is recorded.
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@northstar/sdk'

const { url, writeKey, folder, tag, count, everyMs = 0, clockMs = 0, close = true, detached } = JSON.parse(process.argv[2] ?? '{}')

const client = createClient({
  url,
  writeKey,
  app: 'sdk-program',
  notice: false,
  folder,
  common: { platform: 'linux' },
  now: () => Date.now() + clockMs,
  flushIntervalMs: 20,
  detached,
})
for (let i = 0; i < count; i++) {
  client.capture('command_generated', { category: 'devops', version: `${tag}-${i}` })
  writeSync(1, `${tag}-${i}\n`)
  if (everyMs > 0) await sleep(everyMs)
}
if (close) await client.close()
