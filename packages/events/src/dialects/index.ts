import { cloudEvents } from './cloudevents.ts'
import type { Dialect } from './dialect.ts'
import { native } from './native.ts'
import { otlpLogs } from './otlp-logs.ts'
import { posthog } from './posthog.ts'
import { segment } from './segment.ts'
import { sentry } from './sentry.ts'

export * from './dialect.ts'

/** Every dialect that ingest accepts. Dialects that share a path are tried in this order. */
export const DIALECTS: readonly Dialect[] = [cloudEvents, native, posthog, segment, otlpLogs, sentry]
