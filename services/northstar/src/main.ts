import { loadCommands } from './commands/index.ts'
import { warn } from './print.ts'
import { createProgram, EXIT, failureOf } from './program.ts'

// Files of this program contain events and tokens, so only its user may read them.
process.umask(0o077)

const program = createProgram(await loadCommands(process.argv.slice(2)))

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe, such as `head`, may exit early, which is not an error.
  if (error.code !== 'EPIPE') {
    warn(`northstar: cannot write the output: ${error.message}`)
    process.exitCode = EXIT.failed
  }
  process.exit()
})
// Nobody reads the messages any more.
process.stderr.on('error', () => {})

try {
  await program.parseAsync()
} catch (error) {
  const { exitCode, message } = failureOf(error)
  if (message !== undefined) warn(`northstar: ${message}`)
  process.exitCode = exitCode
  // A failed start may leave something open, such as a connection that is tried again for ever, which must not keep the process.
  setTimeout(() => process.exit(), 1_000).unref()
}
