import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { digestNotification, isForDigest } from './digest.ts'
import { fingerprint } from './labels.ts'
import { routingFields, toRouting } from './routing-file.ts'
import type { Alert } from './rule-state.ts'

const routingFile = z.object(routingFields).transform(toRouting)
const notifying = routingFile.parse({
  receivers: { rest: [], digest: [] },
  route: { receiver: 'rest', routes: [{ receiver: 'digest', matchers: ['severity="P3"'] }] },
  digests: [{ receiver: 'digest', channels: ['mail'], weekday: 'sunday', at: '09:00' }],
})
const [digest] = notifying.digests
if (!digest) throw new Error('the digest is missing')

const alert = (name: string, over: Partial<Alert> = {}): Alert => {
  const labels = { alertname: name, severity: 'P3' }
  const figures = { value: 1, threshold: 0, endsAt: null, startsAt: 0 }
  return { ...figures, fingerprint: fingerprint(labels), rule: name, severity: 'P3', labels, annotations: { summary: name }, ...over }
}

describe('a weekly digest', () => {
  it('has the schedule of its weekday and time of day', () => {
    expect(digest.schedule).toEqual({ weekdays: ['sunday'], at: '09:00' })
  })

  it('lists what is routed to its receiver', () => {
    expect(isForDigest(digest, notifying, { severity: 'P3' })).toBe(true)
    expect(isForDigest(digest, notifying, { severity: 'P2' })).toBe(false)
  })

  it('lists each alert once, as it was last, with how often it began; without alerts there is no notification', () => {
    const twice = [alert('a', { startsAt: 1, endsAt: 2 }), alert('a', { startsAt: 5 }), alert('a', { startsAt: 5, endsAt: 9 }), alert('b')]
    const found = digestNotification(digest, 100, twice)
    expect(found?.alerts.map(one => [one.annotations.summary, one.endsAt])).toEqual([
      ['b', null],
      ['a (2 times)', 9],
    ])
    expect(found).toMatchObject({ reason: 'digest', status: 'firing', receiver: 'digest' })
    expect(digestNotification(digest, 100, twice)?.id).toBe(found?.id)
    expect(digestNotification(digest, 100, [])).toBeNull()
  })
})
