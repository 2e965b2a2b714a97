import type { Property } from '@northstar/catalogue'
import { findForbidden } from './forbidden-data.ts'
import { type Rejection, reject } from './rejection.ts'

type Scalar = string | number | boolean

/** Answers null when the value may be stored as it is. */
export type PropertyCheck = (value: Scalar) => Rejection | null

const ARTICLE = { string: 'a string', integer: 'a whole number', number: 'a number', boolean: 'true or false' }

/** What a person calls the type of a JSON value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : typeof value === 'boolean' ? 'a boolean' : `a ${typeof value}`
}

export function wrongType(property: Property, value: unknown): Rejection {
  const hint = typeof value === 'string' && property.type !== 'string' ? '; send it without quotes' : ''
  return reject('wrong_type', property.name, `${property.name} must be ${ARTICLE[property.type]}, not ${typeName(value)}${hint}`)
}

/** The check of one property, with its limits worked out beforehand. */
export function compileProperty(property: Property): PropertyCheck {
  switch (property.type) {
    case 'boolean':
      return value => (typeof value === 'boolean' ? null : wrongType(property, value))
    case 'string':
      return property.values ? oneOf(property, property.values) : freeText(property)
    default:
      return numeric(property)
  }
}

function oneOf(property: Property, values: readonly string[]): PropertyCheck {
  const allowed = new Set<Scalar>(values)
  const message = `${property.name} must be one of ${values.join(', ')}`
  return value => {
    if (allowed.has(value)) return null
    return typeof value === 'string' ? reject('not_allowed', property.name, message) : wrongType(property, value)
  }
}

function freeText(property: Property): PropertyCheck {
  const { name, maxLength = Number.POSITIVE_INFINITY } = property
  const isVersion = /(?:^|_)version$/.test(name)
  return value => {
    if (typeof value !== 'string') return wrongType(property, value)
    if (value.length > maxLength)
      return reject('too_long', name, `${name} has ${value.length} characters; at most ${maxLength} are allowed`)
    const found = findForbidden(value, isVersion)
    if (found === null) return null
    return reject(
      'forbidden_data',
      name,
      `${name} seems to hold ${/^[aeiou]/i.test(found) ? 'an' : 'a'} ${found}; leave it out before sending`,
    )
  }
}

function numeric(property: Property): PropertyCheck {
  const { name, type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = property
  const range =
    property.min === undefined
      ? `at most ${max}`
      : property.max === undefined
        ? `at least ${min}`
        : `from ${property.min} to ${property.max}`
  return value => {
    if (typeof value !== 'number') return wrongType(property, value)
    if (type === 'integer' && !Number.isInteger(value)) return wrongType(property, value)
    if (value < min || value > max) return reject('out_of_range', name, `${name} must be ${range}`)
    // JSON knows numbers that a double does not: 1e999 parses as infinity, and beyond 2^53 whole numbers are not exact.
    if (!Number.isFinite(value)) return reject('out_of_range', name, `${name} is too large a number`)
    if (type === 'integer' && !Number.isSafeInteger(value)) return reject('out_of_range', name, `${name} must be at most 2^53 - 1`)
    return null
  }
}
