import type { EventKind, Property, TrackingPlan } from './tracking-plan.ts'

/** A change after which events or queries that were good before are not. */
export interface IncompatibleChange {
  /** `event` or `event.property`. */
  readonly place: string
  readonly message: string
}

/** Compares two plans: what senders of the old plan would be refused for, and what queries of the old plan would miss. */
export function incompatibleChanges(former: TrackingPlan, plan: TrackingPlan): readonly IncompatibleChange[] {
  return [...former.events.values()].flatMap(kind => {
    const now = plan.events.get(kind.name)
    return now ? kindChanges(kind, now) : [{ place: kind.name, message: 'the event is gone: senders of it are refused' }]
  })
}

function kindChanges(former: EventKind, now: EventKind): IncompatibleChange[] {
  const { name } = former
  const changes: IncompatibleChange[] = []
  if (former.user === 'optional' && now.user === 'required') changes.push({ place: name, message: 'user_id is required now' })
  if (former.view !== now.view)
    changes.push({ place: name, message: `its view was ${former.view} and is ${now.view}: queries of the former fail` })
  for (const property of former.properties.values()) {
    const place = `${name}.${property.name}`
    const other = now.properties.get(property.name)
    const messages = other ? propertyChanges(property, other) : ['the property is gone: events with it are refused']
    changes.push(...messages.map(message => ({ place, message })))
  }
  for (const property of now.properties.values()) {
    if (property.required && !former.properties.has(property.name))
      changes.push({ place: `${name}.${property.name}`, message: 'a required property is new: events without it are refused' })
  }
  return changes
}

function propertyChanges(former: Property, now: Property): string[] {
  if (former.type !== now.type) return [`its type was ${former.type} and is ${now.type}`]
  const changes: string[] = []
  const add = (isWorse: boolean, message: string) => isWorse && changes.push(message)
  add(!former.required && now.required, 'it is required now: events without it are refused')
  if (now.values) {
    const gone = former.values?.filter(value => !now.values?.includes(value))
    add(gone === undefined, 'only listed values are allowed now')
    add(gone !== undefined && gone.length > 0, `values that are gone: ${gone?.join(', ')}`)
  }
  add((now.min ?? -Infinity) > (former.min ?? -Infinity), `min was ${former.min ?? 'absent'} and is ${now.min}`)
  add((now.max ?? Infinity) < (former.max ?? Infinity), `max was ${former.max ?? 'absent'} and is ${now.max}`)
  add(
    (now.maxLength ?? Infinity) < (former.maxLength ?? Infinity),
    `max_length was ${former.maxLength ?? 'absent'} and is ${now.maxLength}`,
  )
  add(former.personalData !== undefined && now.personalData === undefined, 'events with personal data in it are refused now')
  return changes
}
