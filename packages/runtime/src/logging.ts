import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Logs to stderr, since stdout is for the output of commands: JSON lines, or readable text in a terminal. */
export function createLogger(level: string, name: string): Logger {
  const options = {
    level,
    name,
    redact: { paths: ['authorization', '*.authorization', 'headers.authorization', 'password', '*.password'], censor: '[hidden]' },
  }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: false }))
  const transport = pino.transport({
    target: 'pino-pretty',
    options: { destination: 2, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' },
  })
  return pino(options, transport)
}
