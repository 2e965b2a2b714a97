import type { Catalogue } from './catalogue.ts'
import type { EventKind, Property, TrackingPlan } from './tracking-plan.ts'

export interface PrivacyFacts {
  /** Days after which the warehouse deletes events. */
  readonly retentionDays: number
  /** Days for which the event log keeps records. */
  readonly logDays: number
  /** Where each kind of data is stored, such as "Kafka" or "a file on this machine". */
  readonly locations: Readonly<Record<'log' | 'counters' | 'warehouse', string>>
}

/** The page "What … collects" of a product as Markdown, built from the tracking plan and the settings. */
export function privacyPage({ product, plan }: Pick<Catalogue, 'product' | 'plan'>, facts: PrivacyFacts): string {
  const { retentionDays, logDays, locations } = facts
  return `# What ${product.title} collects

${product.title} sends the events below and nothing else: what is not listed is refused before it is stored.

## Who you are
Your user id and your session id are replaced by keyed hashes as soon as they arrive, each in a domain of its own. The ids themselves, your
address and the text of event ids are never stored. Texts are searched for personal data: ${policies(plan)}

## Events
${[...plan.events.values()].map(section).join('\n\n')}

## Where it is stored, and for how long
| what | where | how long |
| --- | --- | --- |
| events as they arrive | ${locations.log} | ${logDays} days, the newest of a quiet log longer |
| live counters (sums and estimates, no events) | ${locations.counters} | 35 days |
| events for analysis | ${locations.warehouse} | ${retentionDays} days${shorter(plan)} |

## Opting out, and being forgotten
Set \`DO_NOT_TRACK=1\`, or switch telemetry off in the application: then nothing is sent. To have what was sent erased, give the operator your
user id: \`northstar forget USER_ID\` removes it from all of the above and prints a receipt.
`
}

/** Events with a shorter retention. */
function shorter({ events }: TrackingPlan): string {
  return [...events.values()]
    .flatMap(({ name, retentionDays }) => (retentionDays === undefined ? [] : `; \`${name}\` ${retentionDays} days`))
    .join('')
}

function policies(plan: TrackingPlan): string {
  const texts = [...plan.events.values()].flatMap(kind => [...kind.properties.values()].filter(isFreeText))
  const named = (policy: Property['personalData']) =>
    [...new Set(texts.filter(({ personalData }) => personalData === policy).map(({ name }) => `\`${name}\``))].join(', ')
  const [scrubbed, hashed] = [named('scrub'), named('hash')]
  return [
    'an event in which some is found is refused',
    ...(scrubbed ? [`in ${scrubbed} each such part is replaced by the name of its kind`] : []),
    ...(hashed ? [`of ${hashed} a keyed hash of the whole is stored`] : []),
  ]
    .join('; ')
    .concat('.')
}

const isFreeText = ({ type, values }: Property) => type === 'string' && !values

function section({ name, description, user, properties }: EventKind): string {
  const head = `### \`${name}\`\n${description.trim()}${user === 'optional' ? ' It names no user.' : ''}`
  if (properties.size === 0) return head
  const rows = [...properties.values()].map(
    property => `| \`${property.name}\` | ${contents(property)} | ${property.privacy} | ${cell(property.description)} |`,
  )
  return `${head}\n\n| property | what | who may see it | why |\n| --- | --- | --- | --- |\n${rows.join('\n')}`
}

function contents({ type, values, min, max, maxLength, personalData }: Property): string {
  if (values) return `one of ${values.map(cell).join(', ')}`
  if (type !== 'string') return `${type}${range(min, max)}`
  const length = `text of at most ${maxLength ?? 256} characters`
  return personalData === undefined ? length : `${length}, ${personalData === 'hash' ? 'hashed' : 'scrubbed'}`
}

function range(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` of at least ${min}`
  return max === undefined ? '' : ` of at most ${max}`
}

const cell = (text: string) => text.trim().replaceAll('|', '\\|').replaceAll('\n', ' ')
