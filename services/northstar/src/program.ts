import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { ApiError, overrideConnection } from './api-client.ts'
import { completionCommand } from './commands/completion.ts'
import { EXAMPLES } from './examples.ts'
import { SendFailed } from './simulate/index.ts'

/** Exit codes by kind of error. Scripts rely on them. */
export const EXIT = { failed: 1, usage: 2, notEnoughData: 3, unreachable: 4 } as const

const EXIT_CODES = `
Exit codes: 0 good, 1 differs or fails, 2 wrong usage (such as an unknown name or bad SQL), 3 not enough data, 4 cannot be reached
`

const ENVIRONMENT = `
Environment:
  NORTHSTAR_URL          address of Northstar (default: this machine)
  NORTHSTAR_ADMIN_TOKEN  token for the API (default: the one in the data folder)
  NORTHSTAR_PRODUCT      product folder
  NORTHSTAR_DATA_DIR     data folder
`

/** The command line with its global options. Parsing rejects with a CommanderError instead of ending the process. */
export function createProgram(commands: readonly Command[]): Command {
  const program = new Command('northstar')
    .description('Self-hosted release telemetry: events, live counters, ClickHouse, alerts and reports.')
    .version(versionOf(), '-V, --version', 'print the version')
    .option('--url <url>', 'address of Northstar (default: NORTHSTAR_URL, or this machine)')
    .option('--token <token>', 'token for the API (default: NORTHSTAR_ADMIN_TOKEN, or the stored one)')
    .showHelpAfterError('(add --help for usage)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'northstar: ')) })
    .addHelpText('after', ENVIRONMENT + EXIT_CODES)
    .exitOverride()
    .hook('preAction', () => overrideConnection(program.opts<{ url?: string; token?: string }>()))
  for (const command of [...commands, completionCommand(() => program)]) {
    inherit(command, program)
    program.addCommand(command)
  }
  return program
}

/** Gives a command the program's settings, its examples and the environment. @param pathAbove the names of its parents, each with a space */
function inherit(command: Command, parent: Command, pathAbove = ''): void {
  command.copyInheritedSettings(parent)
  const path = `${pathAbove}${command.name()}`
  const examples = (EXAMPLES[path.split(' ')[0] ?? ''] ?? []).filter(example => example === path || example.startsWith(`${path} `))
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map(example => `  northstar ${example}`).join('\n')}`)
  command.addHelpText('after', ENVIRONMENT)
  for (const child of command.commands) inherit(child, command, `${path} `)
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}

/** The exit code of an error, and the message to print. Commander prints its own messages. */
export function failureOf(error: unknown): { readonly exitCode: number; readonly message?: string } {
  if (error instanceof InvalidArgumentError) return { exitCode: EXIT.usage, message: error.message }
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : EXIT.usage }
  if (!(error instanceof Error)) return { exitCode: EXIT.failed, message: String(error) }
  if (error instanceof ApiError) return { exitCode: exitCodeOf(error), message: error.message }
  if (error instanceof SendFailed && error.status === 0) return { exitCode: EXIT.unreachable, message: error.message }
  if (error.cause === 'usage' || error.name === 'SettingsInvalid') return { exitCode: EXIT.usage, message: error.message }
  const fileText = unusableFile(error)
  if (fileText !== undefined) return { exitCode: EXIT.usage, message: fileText }
  const expected = 'code' in error || error.cause !== undefined
  return { exitCode: EXIT.failed, message: expected ? error.message : (error.stack ?? error.message) }
}

/** Names and values that the API refuses are wrong usage, like those that the command line refuses. */
const exitCodeOf = ({ status, isProblem }: ApiError) =>
  status === 0 ? EXIT.unreachable : (status === 400 || status === 404) && isProblem ? EXIT.usage : EXIT.failed

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no file',
  ENOTDIR: 'there is no file',
  EISDIR: 'expected a file, found the folder',
  EACCES: 'no permission for',
  EPERM: 'no permission for',
  EROFS: 'the file system is read-only at',
  ENOSPC: 'no space is left on the disk of',
}

function unusableFile(error: Error): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException
  const text = code === undefined ? undefined : FILE_ERRORS[code]
  // Reading a folder as a file fails without its path.
  if (code === 'EISDIR' && path === undefined) return 'expected a file, found a folder'
  return text !== undefined && path !== undefined ? `${text} ${path}` : undefined
}
