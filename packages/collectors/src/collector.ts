import type * as z from 'zod'
import type { SafeFetch } from './safe-fetch.ts'

/** A native event that a collector sends. */
export interface Sample {
  readonly event: string
  /** Unique within the collector, of any length. The same observation always has the same id. */
  readonly id: string
  /** Epoch ms. */
  readonly timestamp: number
  readonly properties: Readonly<Record<string, string | number | boolean | undefined>>
}

/** One part of a run. The cursor is stored after the samples are durable; the next run continues from it. */
export interface Step<C> {
  readonly samples: readonly Sample[]
  /** JSON. */
  readonly cursor: C
}

export interface CollectContext<C> {
  /** The cursor of the last stored step; null in the first run. */
  readonly cursor: C | null
  /** The due time of the run, epoch ms. It is the id of samples that have no other. */
  readonly dueAt: number
  readonly now: () => number
  readonly fetch: SafeFetch
}

/** An event of the tracking plan that a collector sends, by the configuration's field that names it. */
export interface SentEvent {
  readonly field: readonly string[]
  readonly event: string
  readonly properties: readonly string[]
}

/** A collector of `collectors.yaml`: its type and the fields of that type's schema. */
export interface CollectorConfig {
  readonly type: string
}

/** A type of collector. */
export interface CollectorDefinition {
  readonly type: string
  readonly schema: z.ZodObject
  sends(config: CollectorConfig): readonly SentEvent[]
  /**
   * Yields new samples in small steps, until the source has no more. A run may be stopped after any step. Throws {@link CollectFailed} and
   * {@link SourceBusy}.
   */
  collect(config: CollectorConfig, context: CollectContext<unknown>): AsyncGenerator<Step<unknown>, void>
}

/** A {@link CollectorDefinition} whose functions get the fields and the cursor with their types. */
export function defineCollector<S extends z.ZodObject, C>(given: {
  readonly type: string
  readonly schema: S
  readonly sends: (config: z.output<S>) => readonly SentEvent[]
  readonly collect: (config: z.output<S>, context: CollectContext<C>) => AsyncGenerator<Step<C>, void>
}): CollectorDefinition {
  // The loader has parsed the configuration with this schema, and the collector has yielded the cursor.
  return {
    ...given,
    sends: config => given.sends(config as unknown as z.output<S>),
    collect: (config, context) => given.collect(config as unknown as z.output<S>, context as CollectContext<C>),
  }
}
