import type * as z from 'zod'
import type { SafeFetch } from './safe-fetch.ts'

/** A native event that a collector sends. */
export interface Sample {
  readonly event: string
  /** Of any length, unique within the collector: the same observation always has the same id. */
  readonly id: string
  /** Epoch ms. */
  readonly timestamp: number
  readonly properties: Readonly<Record<string, string | number | boolean | undefined>>
}

/** One part of a run. The cursor is stored once the samples are durable; collecting resumes from it. */
export interface Step<C> {
  readonly samples: readonly Sample[]
  /** JSON. */
  readonly cursor: C
}

export interface CollectContext<C> {
  /** Of the last step that was stored; null at the first run. */
  readonly cursor: C | null
  /** The due time of the run, epoch ms: the id of a sample that has no other. */
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
   * Yields what is new, in small steps; ends when the source has no more. A run may be stopped after any step. Throws
   * {@link CollectFailed} and {@link SourceBusy}.
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
  // The loader has parsed the configuration with this very schema, and the cursor is one that the collector yielded.
  return {
    ...given,
    sends: config => given.sends(config as unknown as z.output<S>),
    collect: (config, context) => given.collect(config as unknown as z.output<S>, context as CollectContext<C>),
  }
}

export type CollectFailedCode =
  | 'unreachable'
  | 'target_refused'
  | 'not_found'
  | 'moved'
  | 'unauthorized'
  | 'failed'
  | 'unreadable'
  | 'samples_refused'

/** A run ended early. What was collected before is stored. */
export class CollectFailed extends Error {
  readonly code: CollectFailedCode
  readonly retryable = true
  constructor(code: CollectFailedCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CollectFailed'
    this.code = code
  }
}

/** The source asks to be left alone until then. */
export class SourceBusy extends Error {
  readonly code = 'rate_limited'
  readonly retryable = true
  /** Epoch ms. */
  readonly until: number
  constructor(until: number, options?: ErrorOptions) {
    super(`rate limit: the source answers again at ${new Date(until).toISOString()}`, options)
    this.name = 'SourceBusy'
    this.until = until
  }
}
