export * from './port.ts'
export * from './put-if-absent.ts'
export * from './sealed.ts'
