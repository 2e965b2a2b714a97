export * from './port.ts'
export * from './sealed.ts'
