export { connectRedis, type RedisClient, type RedisConnectOptions } from './connect.ts'
export * from './memory.ts'
export { parseRedisUrl, type RedisAddress } from './redis-url.ts'
