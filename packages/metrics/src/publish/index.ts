export * from './measure.ts'
export * from './suppress.ts'
