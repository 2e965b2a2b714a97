export { type EmbeddedLogConfig, type EmbeddedLogDeps, openEmbeddedLog } from './log.ts'
