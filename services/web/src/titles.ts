import type { Definitions } from './api/types.ts'
import { humanize } from './format.ts'

let titles: Definitions['titles'] = { properties: {}, values: {}, rules: {} }

/** Sets the product's titles; they are the same for every component. */
export function setTitles(given: Definitions['titles']): void {
  titles = given
}

export const propertyTitle = (property: string): string => titles.properties[property] ?? humanize(property)

/** The title of a property's value: `macOS`. */
export const valueTitle = (property: string, value: string): string => titles.values[property]?.[value] ?? humanize(value)

export const ruleTitle = (rule: string): string => titles.rules[rule] ?? humanize(rule)
