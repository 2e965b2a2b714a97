export { type EmbeddedCountersConfig, openEmbeddedCounters } from './embedded-counters.ts'
