import type { PropertyType, TrackingPlan } from '@northstar/catalogue'
import type { ViolatingEvent, ViolatingProperty, ViolationTally } from '@northstar/events'

const HEAD = [
  '# Events and properties that the tracking plan does not declare. Check names, descriptions and privacy classes, then add them to tracking-plan.yaml:',
  '# events below its line "events:", properties of events that it has to the properties of these. Then run "northstar check".',
  '# Never declare text that a person typed, a path, a host name or an address.',
]
/** Fewer sampled events do not show whether a property is required. */
const MIN_SAMPLED = 5
/** A word that occurs less often may be personal and is not shown. */
const MIN_WORD_COUNT = 3
const NAME = /^[a-z][a-z0-9_]{0,59}$/
const DEFAULT_LENGTH = 256

/**
 * Suggests lines of `tracking-plan.yaml` that declare the unknown events and properties of a tally.
 * @param showsWords whether received words may be listed as `values`
 */
export function suggestPlan({ events }: ViolationTally, plan: TrackingPlan, showsWords: boolean): string {
  const lines = Object.entries(events).flatMap(([name, event]) => eventLines(name, event, plan, showsWords))
  return `${(lines.length === 0 ? ['# No event or property arrived that the tracking plan does not declare.'] : [...HEAD, 'events:', ...lines]).join('\n')}\n`
}

function eventLines(name: string, event: ViolatingEvent, plan: TrackingPlan, showsWords: boolean): string[] {
  const kind = plan.events.get(name)
  if (!kind && !NAME.test(name)) return [`  # ${name}: not a valid event name; rename it in the sender.`]
  const properties = Object.entries(event.properties)
    .filter(([property, { types }]) => !kind?.properties.has(property) && isUndeclared(types))
    .flatMap(([property, found]) => propertyLines(property, found, event, plan, showsWords))
  if (kind) return properties.length === 0 ? [] : [`  ${name}: # add these to its properties`, '    properties:', ...properties]
  return [
    `  ${name}:`,
    `    description: First seen on ${new Date(event.firstAt).toISOString().slice(0, 10)}. Say when it is sent.`,
    ...(event.withUser < event.sampled ? ['    user: optional'] : []),
    ...(properties.length > 0 ? ['    properties:', ...properties] : []),
  ]
}

/** A field at fault, such as a missing `user_id`, has no sampled types. */
const isUndeclared = (types: ViolatingProperty['types']): boolean => Object.keys(types).length > 0

function propertyLines(
  name: string,
  { types, words, maxLength, count }: ViolatingProperty,
  { sampled }: ViolatingEvent,
  plan: TrackingPlan,
  showsWords: boolean,
): string[] {
  const at = '      '
  if (!NAME.test(name)) return [`${at}# ${name}: not a valid property name; rename it in the sender.`]
  const type = typeOf(types)
  if (type === null) return [`${at}# ${name}: has values of several types, or lists or objects, which a property cannot have.`]
  const declared = plan.columns.find(column => column.name === name)?.type
  if (declared !== undefined && declared !== type && !(declared === 'number' && type === 'integer'))
    return [`${at}# ${name}: has type ${type} here but ${declared} in another event; rename it in the sender.`]
  const isRequired = count === sampled && sampled >= MIN_SAMPLED
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
  if (words === null || count < MIN_SAMPLED) return length
  const isList = showsWords && Object.values(words).every(times => times >= MIN_WORD_COUNT)
  // Words are quoted, since YAML reads an unquoted `yes` as a boolean.
  return isList
    ? [
        `values: [${Object.keys(words)
          .toSorted()
          .map(word => JSON.stringify(word))
          .join(', ')}]`,
      ]
    : ['few_values: true', ...length]
}
