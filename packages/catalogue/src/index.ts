export * from './catalogue.ts'
export * from './tracking-plan.ts'
