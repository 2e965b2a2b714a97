import { ownEntry } from './plain-data.ts'
import type { TrackingPlan } from './tracking-plan.ts'

/** Display names that product files declare. For other names use {@link humanize}. */
export interface Titles {
  /** By property. */
  readonly properties: Readonly<Record<string, string>>
  /** By property and value. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** `file_management` → `File management`. A name that does not begin with a lower-case letter, such as `P0`, is unchanged. */
export function humanize(name: string): string {
  const text = name.replaceAll('_', ' ')
  return /^[a-z]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

/** The titles of a tracking plan. The first title of a property that several events declare applies. */
export function titlesOf({ events }: Pick<TrackingPlan, 'events'>): Titles {
  const properties = new Map<string, string>()
  const values = new Map<string, Readonly<Record<string, string>>>()
  for (const kind of events.values()) {
    for (const { name, title, titles } of kind.properties.values()) {
      if (title !== undefined && !properties.has(name)) properties.set(name, title)
      if (titles) values.set(name, { ...titles, ...values.get(name) })
    }
  }
  return { properties: Object.fromEntries(properties), values: Object.fromEntries(values) }
}

/** The title of a property's value. */
export const valueTitle = ({ values }: Titles, property: string, value: string): string =>
  ownEntry(ownEntry(values, property) ?? {}, value) ?? humanize(value)
