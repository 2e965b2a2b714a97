export { connectRedis, type RedisClient, type RedisConnectOptions } from './connect.ts'
export * from './eviction.ts'
export { parseRedisUrl, type RedisAddress } from './redis-url.ts'
