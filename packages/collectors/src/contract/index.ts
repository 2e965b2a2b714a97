export * from './github-server.ts'
export * from './random-repository.ts'
