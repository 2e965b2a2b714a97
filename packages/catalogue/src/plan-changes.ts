import type { EventKind, Property, TrackingPlan } from './tracking-plan.ts'

/** A change after which events or queries that were valid before are not. */
export interface IncompatibleChange {
  /** `event` or `event.property`. */
  readonly subject: string
  readonly message: string
}

/** Changes between two plans that break senders or queries of the former plan. */
export function incompatibleChanges(former: TrackingPlan, plan: TrackingPlan): readonly IncompatibleChange[] {
  return [...former.events.values()].flatMap(kind => {
    const now = plan.events.get(kind.name)
    return now ? kindChanges(kind, now) : [{ subject: kind.name, message: 'the event was removed: it is refused' }]
  })
}

function kindChanges(former: EventKind, now: EventKind): IncompatibleChange[] {
  const { name } = former
  const changes: IncompatibleChange[] = []
  if (former.user === 'optional' && now.user === 'required') changes.push({ subject: name, message: 'user_id is now required' })
  if (former.view !== now.view)
    changes.push({ subject: name, message: `its view was ${former.view} and is ${now.view}: queries of the former view fail` })
  for (const property of former.properties.values()) {
    const subject = `${name}.${property.name}`
    const other = now.properties.get(property.name)
    const messages = other ? propertyChanges(property, other) : ['the property was removed: events with it are refused']
    changes.push(...messages.map(message => ({ subject, message })))
  }
  for (const property of now.properties.values()) {
    if (property.required && !former.properties.has(property.name))
      changes.push({ subject: `${name}.${property.name}`, message: 'the property is new and required: events without it are refused' })
  }
  return changes
}

function propertyChanges(former: Property, now: Property): string[] {
  if (former.type !== now.type) return [`its type was ${former.type} and is ${now.type}`]
  const changes: string[] = []
  const add = (isWorse: boolean, message: string) => isWorse && changes.push(message)
  add(!former.required && now.required, 'it is now required: events without it are refused')
  if (now.values) {
    const gone = former.values?.filter(value => !now.values?.includes(value))
    add(gone === undefined, 'only listed values are allowed')
    add(gone !== undefined && gone.length > 0, `values were removed: ${gone?.join(', ')}`)
  }
  add((now.min ?? -Infinity) > (former.min ?? -Infinity), `min was ${former.min ?? 'absent'} and is ${now.min}`)
  add((now.max ?? Infinity) < (former.max ?? Infinity), `max was ${former.max ?? 'absent'} and is ${now.max}`)
  add(
    (now.maxLength ?? Infinity) < (former.maxLength ?? Infinity),
    `max_length was ${former.maxLength ?? 'absent'} and is ${now.maxLength}`,
  )
  add(former.personalData !== undefined && now.personalData === undefined, 'events with personal data in it are now refused')
  return changes
}
