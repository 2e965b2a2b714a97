import type { CollectorConfig, Sample, Step } from './collector.ts'
import { collectorSchema, definitionOf } from './registry.ts'
import { createSafeFetch } from './safe-fetch.ts'

export interface Collected {
  readonly samples: readonly Sample[]
  readonly cursor: unknown
  readonly steps: readonly Step<unknown>[]
}

/** Fields of a collector as `collectors.yaml` has them. */
export type Fields = CollectorConfig & Readonly<Record<string, unknown>>

/** Everything that a whole run yields. The error of a run that ends early is thrown after `onStep` saw each step before it. */
export async function collectAll(
  fields: Fields,
  cursor: unknown,
  now: () => number,
  onStep: (step: Step<unknown>) => void = () => {},
): Promise<Collected> {
  const config = collectorSchema.parse(fields)
  const steps: Step<unknown>[] = []
  const fetch = createSafeFetch({ allowPrivateTargets: true, timeoutMs: 2_000 })
  for await (const step of definitionOf(config).collect(config, { cursor, dueAt: now(), now, fetch })) {
    // A cursor is stored as JSON.
    const stored = { samples: step.samples, cursor: JSON.parse(JSON.stringify(step.cursor)) }
    onStep(stored)
    steps.push(stored)
  }
  return { samples: steps.flatMap(({ samples }) => samples), cursor: steps.at(-1)?.cursor ?? cursor, steps }
}
