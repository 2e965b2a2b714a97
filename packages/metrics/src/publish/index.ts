export * from './measure.ts'
export * from './overlap.ts'
export * from './suppress.ts'
