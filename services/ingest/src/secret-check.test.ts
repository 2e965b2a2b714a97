import { afterEach, expect, it } from 'vitest'
import { type RunningIngest, SECRET, startIngest } from './running.test-data.ts'
import { checkSecret } from './secret-check.ts'

const OTHER = Buffer.alloc(32, 8)
const EVENT = { event: 'run', user_id: 'u', category: 'x' }

let at: RunningIngest
afterEach(() => at.stop())

it('another secret is refused, by the state and by the events in the log', async () => {
  at = await startIngest()
  await expect(checkSecret(OTHER, at)).rejects.toMatchObject({ code: 'secret_changed' })
  await expect(checkSecret(SECRET, at)).resolves.toBeUndefined()
})

it('another secret is refused when the state was lost, and the right one is recorded again', async () => {
  at = await startIngest()
  expect((await at.post(EVENT)).status).toBe(202)
  await at.state.delete('ingest/secret-fingerprint')
  await expect(checkSecret(OTHER, at)).rejects.toThrow(/set NORTHSTAR_SECRET/)
  await at.state.delete('ingest/secret-fingerprint')
  await expect(checkSecret(SECRET, at)).resolves.toBeUndefined()
  await expect(checkSecret(OTHER, at)).rejects.toMatchObject({ code: 'secret_changed' })
})
