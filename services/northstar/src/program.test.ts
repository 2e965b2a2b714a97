import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { ApiError } from './api-client.ts'
import { createProgram, failureOf } from './program.ts'
import { SendFailed } from './simulate/index.ts'

const parse = async (...words: string[]) => {
  const written: string[] = []
  const echo = new Command('echo')
    .argument('<text>')
    .option('--json')
    .action(() => {})
  const program = createProgram([echo])
  const write = (text: string) => void written.push(text)
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut: write, writeErr: write })
  const error: unknown = await program.parseAsync(words, { from: 'user' }).catch((reason: unknown) => reason)
  return { text: written.join(''), ...(error instanceof Error ? failureOf(error) : { exitCode: 0 }) }
}

describe('exit codes', () => {
  test('wrong usage is 2, with the prefix of the program and a hint', async () => {
    expect(await parse('echo')).toMatchObject({ exitCode: 2, text: expect.stringContaining("northstar: missing required argument 'text'") })
    expect(await parse('echo', 'a', '--jsn')).toMatchObject({ exitCode: 2, text: expect.stringContaining('add --help for usage') })
    expect(await parse('ecko')).toMatchObject({ exitCode: 2 })
  })

  test('help and version are 0', async () => {
    expect(await parse('echo', '--help')).toMatchObject({ exitCode: 0, text: expect.stringContaining('NORTHSTAR_URL') })
    expect(await parse('--version')).toMatchObject({ exitCode: 0, text: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  test('an unreachable server is 4, a refused request 1', () => {
    expect(failureOf(new ApiError(0, 'cannot reach it'))).toEqual({ exitCode: 4, message: 'cannot reach it' })
    expect(failureOf(new SendFailed(0, 'cannot reach it'))).toEqual({ exitCode: 4, message: 'cannot reach it' })
    expect(failureOf(new SendFailed(401, 'unknown key'))).toEqual({ exitCode: 1, message: 'unknown key' })
    expect(failureOf(new ApiError(409, 'already acknowledged'))).toEqual({ exitCode: 1, message: 'already acknowledged' })
  })
})

test('global options may stand after the command', async () => {
  expect(await parse('echo', 'a', '--url', 'http://127.0.0.1:9')).toMatchObject({ exitCode: 0 })
})

test('a value that the API refuses is wrong usage like one that the command line refuses', () => {
  expect(failureOf(new ApiError(400, '`period` cannot be "fortnight"', { isProblem: true }))).toMatchObject({ exitCode: 2 })
  expect(failureOf(new ApiError(404, 'there is no metric "sales"', { isProblem: true }))).toMatchObject({ exitCode: 2 })
  expect(failureOf(new ApiError(404, 'another server'))).toMatchObject({ exitCode: 1 })
})

test('--url of another kind than an address of HTTP is wrong usage', async () => {
  expect(await parse('echo', 'a', '--url', 'nonsense')).toMatchObject({
    exitCode: 2,
    message: '--url is "nonsense": expected an address such as http://127.0.0.1:8080',
  })
})

test('a file that cannot be read is named without the system call', () => {
  const missing = Object.assign(new Error("ENOENT: no such file or directory, open '/x'"), { code: 'ENOENT', path: '/x' })
  expect(failureOf(missing)).toEqual({ exitCode: 2, message: 'there is no file /x' })
})

test('each command and subcommand has the examples that begin with it, and the environment', async () => {
  const silence = new Command('silence').action(() => {})
  const alerts = new Command('alerts').addCommand(silence).addCommand(new Command('ack').action(() => {}))
  const program = createProgram([alerts])
  const help = (command: Command) => {
    let text = ''
    command.configureOutput({
      writeOut(piece) {
        text += piece
      },
    })
    command.outputHelp()
    return text
  }
  expect(help(alerts)).toContain('  northstar alerts ack high_crash_rate\n')
  expect(help(silence)).toContain('Examples:\n  northstar alerts silence low_csat')
  expect(help(silence)).not.toContain('alerts ack')
  for (const command of [program, alerts, silence]) expect(help(command)).toContain('NORTHSTAR_URL')
  expect(help(program)).toContain('Exit codes: 0 good')
})
