import type { EventKind, Property, TrackingPlan } from './tracking-plan.ts'

/** The tracking plan as TypeScript: the interface that types `capture` of `@northstar/sdk`. */
export function planTypes(plan: TrackingPlan): string {
  const events = [...plan.events.values()].flatMap(event => [...comment(event.description, 2), ...eventLines(event)])
  return [
    '// Written by `northstar plan types` from the tracking plan. Do not edit.',
    '',
    'export interface Events {',
    ...events,
    '}',
    '',
  ].join('\n')
}

function eventLines({ name, properties }: EventKind): readonly string[] {
  if (properties.size === 0) return [`  ${name}: Record<never, never>`]
  const lines = [...properties.values()].flatMap(property => [
    ...comment(describe(property), 4),
    `    ${property.name}${property.required ? '' : '?'}: ${typeOf(property)}`,
  ])
  return [`  ${name}: {`, ...lines, '  }']
}

function typeOf({ type, values }: Property): string {
  if (values) return values.map(value => JSON.stringify(value)).join(' | ')
  return type === 'integer' ? 'number' : type
}

function describe({ type, description, min, max, maxLength }: Property): string {
  const bounds = [
    type === 'integer' && 'A whole number.',
    min !== undefined && `At least ${min}.`,
    max !== undefined && `At most ${max}.`,
    maxLength !== undefined && maxLength !== 256 && `At most ${maxLength} characters.`,
  ]
  return [description, ...bounds.filter(bound => bound !== false)].filter(text => text !== '').join(' ')
}

/** A JSDoc comment; a `*\\/` in the text is escaped. */
const comment = (text: string, indent: number): readonly string[] =>
  text === '' ? [] : [`${' '.repeat(indent)}/** ${text.replaceAll('*/', '*\\/').replace(/\s+/g, ' ')} */`]
