import { expect, test } from 'vitest'
import { incompatibleChanges } from './plan-changes.ts'
import type { EventKind, Property, TrackingPlan } from './tracking-plan.ts'

const property = (name: string, more: Partial<Property> = {}): Property => ({
  name,
  type: 'string',
  required: false,
  description: '',
  privacy: 'internal',
  ...more,
})
const plan = (
  ...kinds: readonly (readonly [name: string, properties: readonly Property[], more?: Partial<EventKind>])[]
): TrackingPlan => ({
  columns: [],
  events: new Map(
    kinds.map(([name, properties, more]) => [
      name,
      {
        name,
        description: '',
        view: `analytics.${name}`,
        user: 'optional',
        properties: new Map(properties.map(p => [p.name, p])),
        ...more,
      },
    ]),
  ),
})

test('what loosens a plan is compatible', () => {
  const former = plan([
    'crash',
    [property('os', { values: ['linux'], required: true }), property('n', { type: 'integer', min: 1, max: 5 })],
  ])
  const now = plan(
    ['crash', [property('os', { values: ['linux', 'macos'] }), property('n', { type: 'integer', min: 0 }), property('more')]],
    ['new', [property('x', { required: true })]],
  )
  expect(incompatibleChanges(former, now)).toEqual([])
})

test.each<[string, Property, Property | null, string]>([
  ['a property that is gone', property('p'), null, 'the property was removed'],
  ['another type', property('p'), property('p', { type: 'number' }), 'its type was string and is number'],
  ['required now', property('p'), property('p', { required: true }), 'it is now required'],
  ['a list of values', property('p'), property('p', { values: ['a'] }), 'only listed values'],
  ['a shorter list', property('p', { values: ['a', 'b'] }), property('p', { values: ['a'] }), 'values were removed: b'],
  ['a higher min', property('p', { type: 'number' }), property('p', { type: 'number', min: 3 }), 'min was absent and is 3'],
  ['a lower max', property('p', { type: 'number', max: 9 }), property('p', { type: 'number', max: 3 }), 'max was 9 and is 3'],
  ['a shorter text', property('p', { maxLength: 20 }), property('p', { maxLength: 10 }), 'max_length was 20 and is 10'],
  [
    'refused in place of scrubbed',
    property('p', { personalData: 'scrub' }),
    property('p'),
    'events with personal data in it are now refused',
  ],
  ['hashed', property('p', { personalData: 'scrub' }), property('p', { personalData: 'hash' }), 'its values are now hashed'],
  ['sensitive now', property('p'), property('p', { privacy: 'sensitive' }), 'no view, breakdown or filter has it'],
])('%s is named', (_, former, now, message) => {
  expect(incompatibleChanges(plan(['e', [former]]), plan(['e', now ? [now] : []]))).toEqual([
    { subject: 'e.p', message: expect.stringContaining(message) },
  ])
})

test.each<[string, Partial<EventKind>, Partial<EventKind>, string]>([
  ['refused in place of quarantined', { onViolation: 'quarantine' }, {}, 'on_violation was quarantine and is reject'],
  [
    'quarantined in place of accepted',
    { onViolation: 'accept' },
    { onViolation: 'quarantine' },
    'on_violation was accept and is quarantine',
  ],
  ['a column of the view', { viewColumns: new Map([['os', { value: 'x' }]]) }, {}, 'the column os of its view was removed'],
  ['a retention', {}, { retentionDays: 90 }, 'its retention was that of all events and is 90d'],
  ['a shorter retention', { retentionDays: 90 }, { retentionDays: 60 }, 'its retention was 90d and is 60d'],
])('of an event, %s is named', (_, former, now, message) => {
  expect(incompatibleChanges(plan(['e', [], former]), plan(['e', [], now]))).toEqual([
    { subject: 'e', message: expect.stringContaining(message) },
  ])
  expect(incompatibleChanges(plan(['e', [], now]), plan(['e', [], former]))).toEqual([])
})

test('the mode of unknown events is named once, and of an event where the plan’s mode no longer holds for it', () => {
  const lenient = { ...plan(['e', []], ['own', [], { onViolation: 'accept' }]), onViolation: 'quarantine' as const }
  const strict = plan(['e', []], ['own', [], { onViolation: 'accept' }])
  expect(incompatibleChanges(lenient, strict)).toEqual([
    { subject: 'on_violation', message: expect.stringContaining('on_violation was quarantine and is reject') },
  ])
  expect(incompatibleChanges(lenient, { ...plan(['e', [], { onViolation: 'reject' }], ['own', []]), onViolation: 'quarantine' })).toEqual([
    { subject: 'e', message: expect.stringContaining('was quarantine and is reject') },
    { subject: 'own', message: expect.stringContaining('was accept and is quarantine') },
  ])
})

test('an event that is gone, a view of another name, a user that is required, and a new required property are named', () => {
  const former = plan(['gone', []], ['e', []])
  const now = plan(['e', [property('new', { required: true })], { user: 'required', view: 'caro.e' }])
  expect(incompatibleChanges(former, now).map(({ subject }) => subject)).toEqual(['gone', 'e', 'e', 'e.new'])
})
