import type { PropertyType, TrackingPlan } from '@northstar/catalogue'
import type { ViolatingEvent, ViolatingProperty, ViolationTally } from '@northstar/events'

const HEAD = [
  '# What arrived and the tracking plan does not have. Check names, descriptions and privacy classes, then add it to tracking-plan.yaml.',
  '# Never declare what a person typed, a path, a host name or an address.',
]
/** Fewer sampled events say nothing about what is always there. */
const ENOUGH = 5
/** A word that was met less often is not shown: it may be somebody's. */
const SHOWN_FROM = 3
const NAME = /^[a-z][a-z0-9_]{0,59}$/
const DEFAULT_LENGTH = 256

/**
 * Lines for `tracking-plan.yaml` by which the unknown events and properties of a tally would be accepted.
 * @param showsWords whether words that senders sent may be listed as `values`
 */
export function suggestPlan({ events }: ViolationTally, plan: TrackingPlan, showsWords: boolean): string {
  const lines = Object.entries(events).flatMap(([name, event]) => eventLines(name, event, plan, showsWords))
  return `${(lines.length === 0 ? ['# Nothing arrived that the tracking plan does not have.'] : [...HEAD, 'events:', ...lines]).join('\n')}\n`
}

function eventLines(name: string, event: ViolatingEvent, plan: TrackingPlan, showsWords: boolean): string[] {
  const kind = plan.events.get(name)
  if (!kind && !NAME.test(name)) return [`  # ${name}: no name that an event can have; rename it in the sender.`]
  const properties = Object.entries(event.properties)
    .filter(([property]) => !kind?.properties.has(property))
    .flatMap(([property, found]) => propertyLines(property, found, event, plan, showsWords))
  if (kind) return properties.length === 0 ? [] : [`  ${name}: # add these to its properties`, '    properties:', ...properties]
  return [
    `  ${name}:`,
    `    description: Seen first on ${new Date(event.firstAt).toISOString().slice(0, 10)}. Say when it is sent.`,
    ...(event.withUser < event.sampled ? ['    user: optional'] : []),
    ...(properties.length > 0 ? ['    properties:', ...properties] : []),
  ]
}

function propertyLines(
  name: string,
  { types, words, maxLength, count }: ViolatingProperty,
  { sampled }: ViolatingEvent,
  plan: TrackingPlan,
  showsWords: boolean,
): string[] {
  const at = '      '
  if (!NAME.test(name)) return [`${at}# ${name}: no name that a property can have; rename it in the sender.`]
  const type = typeOf(types)
  if (type === null) return [`${at}# ${name}: values of several types, or lists and objects, which no property can hold.`]
  const declared = plan.columns.find(column => column.name === name)?.type
  if (declared !== undefined && declared !== type && !(declared === 'number' && type === 'integer'))
    return [`${at}# ${name}: of type ${type} here, and ${declared} in another event; rename it in the sender.`]
  const isRequired = count === sampled && sampled >= ENOUGH
  return [
    `${at}${name}:`,
    `${at}  type: ${declared ?? type}`,
    ...(isRequired ? [`${at}  required: true`] : []),
    ...(type === 'string' ? stringLines(words, maxLength, types.string ?? 0, showsWords).map(line => `${at}  ${line}`) : []),
  ]
}

function typeOf(types: ViolatingProperty['types']): PropertyType | null {
  const found = Object.keys(types)
  if (found.length === 1 && found[0] !== 'other') return found[0] as PropertyType
  return found.length > 0 && found.every(type => type === 'integer' || type === 'number') ? 'number' : null
}

function stringLines(words: ViolatingProperty['words'], maxLength: number, count: number, showsWords: boolean): string[] {
  const length = maxLength > DEFAULT_LENGTH ? [`max_length: ${2 ** Math.ceil(Math.log2(maxLength))}`] : []
  if (words === null || count < ENOUGH) return length
  const isList = showsWords && Object.values(words).every(times => times >= SHOWN_FROM)
  // Quoted: a word such as `yes` is no string in YAML.
  return isList
    ? [
        `values: [${Object.keys(words)
          .toSorted()
          .map(word => JSON.stringify(word))
          .join(', ')}]`,
      ]
    : ['few_values: true', ...length]
}
