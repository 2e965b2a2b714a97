import { expect } from 'vitest'
import { figuresLine, figuresOf, type SentEvent } from '../support/figures.ts'
import type { Installation } from '../support/installation.ts'
import { SEED } from '../support/random.ts'
import { withStores } from '../support/stores.ts'

/** Compares the stores with the events that were sent, prints the differences with the seed, and expects them to be 0. */
export async function expectNothingLost(what: string, { env, product }: Installation, sent: readonly SentEvent[]): Promise<void> {
  const figures = await withStores(env, product.catalogue, stores => figuresOf(stores, product.catalogue.plan, sent))
  process.stdout.write(figuresLine(what, SEED, sent.length, figures))
  expect(figures).toEqual({ lost: 0, doubled: 0, partial: 0, details: [] })
}
