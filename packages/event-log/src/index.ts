export * from './port.ts'
export * from './read-until.ts'
export * from './retention.ts'
