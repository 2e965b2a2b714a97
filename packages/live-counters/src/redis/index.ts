export { createRedisCounters, type RedisCountersConfig } from './redis-counters.ts'
