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

/** Runs a collector and returns all samples. The error of a run that ends early is thrown after `onStep` was called with each step before it. */
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

/** Runs a collector until a run is complete, each from the cursor of the last step; returns the samples of all runs. */
export async function collectThrough(
  fields: Fields,
  cursor: unknown,
  now: () => number,
  onError: (error: unknown) => void = () => {},
): Promise<Pick<Collected, 'samples' | 'cursor'>> {
  const samples: Sample[] = []
  for (let run = 0; run < 500; run++) {
    try {
      await collectAll(fields, cursor, now, step => {
        samples.push(...step.samples)
        cursor = step.cursor
      })
      return { samples, cursor }
    } catch (error) {
      onError(error)
    }
  }
  throw new Error('no run was complete')
}
