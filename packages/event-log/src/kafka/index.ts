export type { KafkaAccess } from './connection.ts'
export { connectKafkaLog, type KafkaLogConfig, type KafkaLogDeps } from './log.ts'
export { growKafkaLog, type KafkaMigration, type KafkaTopicSettings, migrateKafkaLog } from './migrate.ts'
