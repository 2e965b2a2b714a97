import type { Dialect } from './dialect.ts'
import { native } from './native.ts'

export * from './dialect.ts'

/** Every dialect that ingest takes. Those of one path are asked in this order. */
export const DIALECTS: readonly Dialect[] = [native]
