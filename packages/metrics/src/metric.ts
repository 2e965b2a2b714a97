import type { Filter, Period } from '@northstar/catalogue'

/** A value against its target: `off` is past the maximum allowed; `not_enough_data` is a sample below the minimum. */
export type Status = 'ahead' | 'on_target' | 'behind' | 'off' | 'not_enough_data'

export interface Target {
  readonly value: number
  readonly direction: 'at_least' | 'at_most'
  /** Past this the status is `off`. */
  readonly maxAllowed?: number
  /** Below this sample the status is `not_enough_data`. */
  readonly minSample?: number
}

/** A metric's targets, by period and by member of a breakdown. */
export interface Targets {
  /** For any period. */
  readonly any?: Target
  /** For every period of a kind. */
  readonly periods: ReadonlyMap<Period, Target>
  /** For single weeks from the launch, by number (1 is the launch's). */
  readonly weeks: ReadonlyMap<number, Target>
  /** For the whole of the weeks, from the launch to the end of the last one. */
  readonly total?: Target
  /** By property, then by its value as text. Also by `offset` of a retention and `segment` of users. */
  readonly by: ReadonlyMap<string, ReadonlyMap<string, Target>>
}

/** A metric's rank in the hierarchy. */
export type Level = 'north_star' | 'kpi' | 'supporting'

/** The fields that metrics of every kind have. */
export interface Metric {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly unit: Unit
  readonly kind: string
  /** The breakdowns that the live counters hold. The warehouse can answer by any other declared property. */
  readonly by: readonly string[]
  readonly where: readonly Filter[]
  /** The kind's own fields, parsed by its schema. */
  readonly definition: unknown
  readonly level: Level
  /** Whether it foretells (leading) or confirms (lagging) the north star. */
  readonly indicator?: 'leading' | 'lagging'
  readonly owner?: string
  /** Why it matters. */
  readonly why?: string
  /** Whether the public page shows it. */
  readonly public: boolean
  readonly targets?: Targets
  /** A value to reach by a day. */
  readonly goal?: { readonly value: number; readonly date: string }
}

export const UNITS = ['count', 'ratio', 'ms', 'kB', 'bytes', 'hours', 'per_user', 'number'] as const
export type Unit = (typeof UNITS)[number]
