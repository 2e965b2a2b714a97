export { connectRedisCounters, type RedisCountersConfig } from './redis-counters.ts'
