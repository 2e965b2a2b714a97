export type { KafkaLogConfig, KafkaLogDeps } from './config.ts'
export type { KafkaAccess } from './connection.ts'
export { connectKafkaLog } from './log.ts'
export { growKafkaLog, type KafkaMigration, type KafkaTopicSettings, migrateKafkaLog } from './migrate.ts'
