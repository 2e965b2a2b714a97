/** Where an adapter says what it does. A pino logger is one. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {} }
