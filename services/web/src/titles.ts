import type { Definitions } from './api/types.ts'
import { humanize } from './format.ts'

const NONE: ReadonlyMap<string, string> = new Map()
// Maps, since senders choose values and each object inherits `constructor` and others.
let properties = NONE
let values: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map()
let rules = NONE

/** Sets the product's titles; they are the same for every component. */
export function setTitles(given: Definitions['titles']): void {
  properties = new Map(Object.entries(given.properties))
  values = new Map(Object.entries(given.values).map(([property, titles]) => [property, new Map(Object.entries(titles))]))
  rules = new Map(Object.entries(given.rules))
}

export const propertyTitle = (property: string): string => properties.get(property) ?? humanize(property)

/** The title of a property's value: `macOS`. */
export const valueTitle = (property: string, value: string): string => values.get(property)?.get(value) ?? humanize(value)

export const ruleTitle = (rule: string): string => rules.get(rule) ?? humanize(rule)
