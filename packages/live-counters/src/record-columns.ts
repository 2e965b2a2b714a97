import { type BlockColumn, type EventBlock, integers, numbersOf, type Scalar, textsOf, wordsOf } from '@northstar/events'

/** A property's values as indexes into a list of its different values. */
export interface Members {
  /** The different values; null first, for rows without the property. */
  readonly values: readonly (Scalar | null)[]
  /** The values as text, as in the names of fields. */
  readonly names: readonly (string | null)[]
  /** The index of each row's value in the lists. */
  readonly places: ArrayLike<number>
  /** Scratch space for counts by dictionary index: all 0 or undefined between uses. */
  readonly counts: Int32Array
  readonly groups: unknown[]
}

/** A property's numbers. */
export interface Numbers {
  /** Not 0 for a row without a number. */
  readonly nulls: Uint8Array
  readonly values: Float64Array | Uint8Array
}

/** A record's columns in the form that counting needs. Each is prepared at its first use, once for all aggregates. */
export interface RecordColumns {
  readonly rows: number
  readonly kinds: readonly string[]
  readonly kindOf: ArrayLike<number>
  readonly timestamps: Float64Array
  readonly receivedAt: Float64Array
  /** Null if no row has the property. */
  members(property: string): Members | null
  /** Null if no row has the property or it is not numeric. */
  numbers(property: string): Numbers | null
  /** Each row's key as its low and its high word. @param of `user_id` or `session_id` */
  keys(of: string): Uint32Array
}

export function createRecordColumns(events: EventBlock): RecordColumns {
  const members = memoized((property: string) => {
    const column = events.properties.get(property)
    return column === undefined ? null : membersOf(column)
  })
  const numbers = memoized((property: string): Numbers | null => {
    const column = events.properties.get(property)
    return column?.type === 'number' || column?.type === 'integer' ? { nulls: column.nulls, values: numbersOf(column) } : null
  })
  const keys = memoized((of: string) => wordsOf((of === 'user_id' ? events.userKey : events.sessionKey).data))
  return {
    rows: events.rows,
    kinds: events.event.keys,
    kindOf: events.event.indexes,
    timestamps: integers(events.timestamp.data),
    receivedAt: integers(events.receivedAt.data),
    members,
    numbers,
    keys,
  }
}

function memoized<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>()
  return name => {
    const known = made.get(name)
    if (known !== undefined) return known
    const value = make(name)
    made.set(name, value)
    return value
  }
}

function membersOf(column: BlockColumn): Members {
  if (column.type === 'dictionary') return withRoom([null, ...column.keys.slice(1)], column.indexes)
  if (!('nulls' in column)) throw new TypeError(`a column of type ${column.type} is not a property`)
  const { nulls } = column
  const places = new Uint32Array(nulls.length)
  const values: (Scalar | null)[] = [null]
  const known = new Map<Scalar, number>()
  const rowValues: ArrayLike<Scalar> = column.type === 'text' ? textsOf(column) : numbersOf(column)
  for (let row = 0; row < nulls.length; row++) {
    if (nulls[row] !== 0) continue
    const raw = rowValues[row] as Scalar
    const value = column.type === 'boolean' ? raw !== 0 : raw
    let place = known.get(value)
    if (place === undefined) {
      place = values.push(value) - 1
      known.set(value, place)
    }
    places[row] = place
  }
  return withRoom(values, places)
}

function withRoom(values: readonly (Scalar | null)[], places: ArrayLike<number>): Members {
  return {
    values,
    names: values.map(value => (value === null ? null : String(value))),
    places,
    counts: new Int32Array(values.length),
    groups: new Array<unknown>(values.length).fill(undefined),
  }
}
