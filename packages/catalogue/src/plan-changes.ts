import { type EventKind, type OnViolation, type Property, type TrackingPlan, violationMode } from './tracking-plan.ts'

/** A change after which events or queries that were valid before are not. */
export interface IncompatibleChange {
  /** `event`, `event.property`, or a key of the whole plan. */
  readonly subject: string
  readonly message: string
}

/** Changes between two plans that break senders or queries of the former plan. */
export function incompatibleChanges(former: TrackingPlan, plan: TrackingPlan): readonly IncompatibleChange[] {
  const ofAll = modeChange(former.onViolation ?? 'reject', plan.onViolation ?? 'reject')
  const ofKinds = [...former.events.values()].flatMap(kind => {
    const now = plan.events.get(kind.name)
    if (!now) return [{ subject: kind.name, message: 'the event was removed: it is refused' }]
    const inherits = kind.onViolation === undefined && now.onViolation === undefined
    const mode = inherits ? null : modeChange(violationMode(former, kind.name), violationMode(plan, kind.name))
    return [...(mode === null ? [] : [{ subject: kind.name, message: mode }]), ...kindChanges(kind, now)]
  })
  return [...(ofAll === null ? [] : [{ subject: 'on_violation', message: ofAll }]), ...ofKinds]
}

/** The modes from the one that loses least to the one that refuses. */
const STRICTNESS: readonly OnViolation[] = ['accept', 'quarantine', 'reject']
const CONSEQUENCE: Readonly<Record<OnViolation, string>> = {
  accept: 'stored',
  quarantine: 'kept aside and not counted',
  reject: 'refused',
}

function modeChange(former: OnViolation, now: OnViolation): string | null {
  if (STRICTNESS.indexOf(now) <= STRICTNESS.indexOf(former)) return null
  return `on_violation was ${former} and is ${now}: events that violate the plan are ${CONSEQUENCE[now]}`
}

function kindChanges(former: EventKind, now: EventKind): IncompatibleChange[] {
  const { name } = former
  const changes: IncompatibleChange[] = []
  if (former.user === 'optional' && now.user === 'required') changes.push({ subject: name, message: 'user_id is now required' })
  if ((now.retentionDays ?? Infinity) < (former.retentionDays ?? Infinity)) {
    const before = former.retentionDays === undefined ? 'that of all events' : `${former.retentionDays}d`
    changes.push({ subject: name, message: `its retention was ${before} and is ${now.retentionDays}d: older events are deleted` })
  }
  if (former.view !== now.view)
    changes.push({ subject: name, message: `its view was ${former.view} and is ${now.view}: queries of the former view fail` })
  for (const [column, value] of former.viewColumns ?? []) {
    if (JSON.stringify(now.viewColumns?.get(column)) !== JSON.stringify(value))
      changes.push({ subject: name, message: `the column ${column} of its view was removed or changed: queries of it fail or change` })
  }
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
  const hashes = [former, now].map(({ personalData }) => personalData === 'hash')
  add(hashes[0] !== hashes[1], `its values ${hashes[1] ? 'are now hashed' : 'were hashed'}: they differ from those stored before`)
  add(former.privacy !== 'sensitive' && now.privacy === 'sensitive', 'it is now sensitive: no view, breakdown or filter has it')
  return changes
}
