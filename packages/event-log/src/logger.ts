/** The logger of an adapter, such as a pino logger. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {} }
