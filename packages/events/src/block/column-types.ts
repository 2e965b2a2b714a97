import type { Column } from '@northstar/catalogue'

/** The ClickHouse type that a block's header names for each type of column. The list is closed: a block with another type is damaged. */
export const NATIVE_TYPES = {
  kind: 'LowCardinality(String)',
  time: "DateTime64(3, 'UTC')",
  key: 'UInt64',
  dictionary: 'LowCardinality(Nullable(String))',
  text: 'Nullable(String)',
  integer: 'Nullable(Int64)',
  number: 'Nullable(Float64)',
  boolean: 'Nullable(Bool)',
} as const

export type ColumnType = keyof typeof NATIVE_TYPES

/** Types of columns that hold a property: each may lack a value. */
export type PropertyColumnType = 'dictionary' | 'text' | 'integer' | 'number' | 'boolean'

export function columnTypeOf({ type, lowCardinality }: Column): PropertyColumnType {
  if (type !== 'string') return type
  return lowCardinality ? 'dictionary' : 'text'
}

/** Version of the serialization of a dictionary's keys; there is no other. */
export const DICTIONARY_VERSION = 1
/** Flags before a dictionary: it is part of the block and complete. The low byte is the width of the indexes: 0, 1, 2 for 1, 2, 4 bytes. */
export const DICTIONARY_FLAGS = 0x600
