import type { Property } from '@northstar/catalogue'
import type { Scalar } from './block/column-builders.ts'
import { findForbidden, scrubForbidden } from './forbidden-data.ts'
import type { Pseudonyms } from './privacy.ts'
import { type Rejection, reject } from './rejection.ts'

/** Returns the value to store, which may be scrubbed or hashed, or the reason that the event is refused. */
export type PropertyCheck = (value: Scalar) => Scalar | Rejection

const EXPECTED = { string: 'a string', integer: 'a whole number', number: 'a number', boolean: 'true or false' }

/** The type of a JSON value with an article, for messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : typeof value === 'boolean' ? 'a boolean' : `a ${typeof value}`
}

export function wrongType(property: Property, value: unknown): Rejection {
  const hint = typeof value === 'string' && property.type !== 'string' ? '; send it without quotes' : ''
  return reject('wrong_type', property.name, `${property.name} must be ${EXPECTED[property.type]}, not ${typeName(value)}${hint}`)
}

/** Compiles the check of one property. */
export function compileProperty(property: Property, pseudonyms: Pseudonyms): PropertyCheck {
  switch (property.type) {
    case 'boolean':
      return value => (typeof value === 'boolean' ? value : wrongType(property, value))
    case 'string':
      return property.values ? oneOf(property, property.values) : freeText(property, pseudonyms)
    default:
      return numeric(property)
  }
}

function oneOf(property: Property, values: readonly string[]): PropertyCheck {
  const allowed = new Set<Scalar>(values)
  const message = `${property.name} must be one of ${values.join(', ')}`
  return value => {
    if (allowed.has(value)) return value
    return typeof value === 'string' ? reject('not_allowed', property.name, message) : wrongType(property, value)
  }
}

function freeText(property: Property, pseudonyms: Pseudonyms): PropertyCheck {
  const { name, personalData, maxLength = Number.POSITIVE_INFINITY } = property
  const isVersion = /(?:^|_)version$/.test(name)
  const protect: (text: string) => string | Rejection =
    personalData === 'hash'
      ? text => pseudonyms.property(name, text)
      : personalData === 'scrub'
        ? text => scrubForbidden(text, isVersion).slice(0, maxLength)
        : refusingForbidden(name, isVersion)
  return value => {
    if (typeof value !== 'string') return wrongType(property, value)
    if (value.length > maxLength)
      return reject('too_long', name, `${name} has ${value.length} characters; at most ${maxLength} are allowed`)
    return protect(value)
  }
}

/** Limits of the cache of harmless texts, in characters of one and in entries. A full cache is cleared. */
const CACHED_LENGTH = 64
const CACHED_TEXTS = 1_000

/** Harmless short texts are cached: senders repeat them (versions, for example), and searching them took a fifth of ingest's time. */
function refusingForbidden(name: string, isVersion: boolean): (text: string) => string | Rejection {
  const harmless = new Set<string>()
  return text => {
    if (harmless.has(text)) return text
    const found = findForbidden(text, isVersion)
    if (found !== null) {
      const article = /^[aeiou]/i.test(found) ? 'an' : 'a'
      return reject('forbidden_data', name, `${name} appears to contain ${article} ${found}; remove it before sending`)
    }
    if (text.length <= CACHED_LENGTH) {
      if (harmless.size >= CACHED_TEXTS) harmless.clear()
      harmless.add(text)
    }
    return text
  }
}

/**
 * The largest accepted magnitude of a number. Whole numbers up to it are exact in a double, and sums and sketches of
 * any stored number of values stay finite.
 */
export const MAX_NUMBER = Number.MAX_SAFE_INTEGER

function numeric(property: Property): PropertyCheck {
  const { name, type } = property
  const min = Math.max(property.min ?? -MAX_NUMBER, -MAX_NUMBER)
  const max = Math.min(property.max ?? MAX_NUMBER, MAX_NUMBER)
  const message = `${name} must be from ${min} to ${max}`
  return value => {
    if (typeof value !== 'number') return wrongType(property, value)
    // A JSON number beyond the range of a double, such as 1e999, parses as infinity, which no range includes.
    if (type === 'integer' && Number.isFinite(value) && !Number.isInteger(value)) return wrongType(property, value)
    return value >= min && value <= max ? value : reject('out_of_range', name, message)
  }
}
