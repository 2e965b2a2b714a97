export * from './clickhouse.ts'
export * from './cutting-proxy.ts'
export * from './redis.ts'
