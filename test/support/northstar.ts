import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SpawnedProcess, spawnProcess } from '@northstar/testkit'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const BIN = join(ROOT, 'services/northstar/bin/northstar.js')

/** Settings that the environment of the tests may have; a process under test does not inherit them. */
const SETTINGS = /^(KAFKA_|REDIS_URL$|CLICKHOUSE_URL$|NORTHSTAR_(?!RUN$)|LOG_LEVEL$)/

export type Env = Readonly<Record<string, string>>

/** This process's environment without the product's settings, and `env`. */
function environment(env: Env): Record<string, string | undefined> {
  return { ...Object.fromEntries(Object.keys(process.env).flatMap(name => (SETTINGS.test(name) ? [[name, undefined]] : []))), ...env }
}

function built(): string {
  if (!existsSync(join(ROOT, 'services/northstar/dist/main.js'))) throw new Error('the product is not built: npm run build')
  return BIN
}

/** A command of the built product as a child process. @param onOutput called with its output */
export function startNorthstar(args: readonly string[], env: Env, onOutput?: (text: string) => void): Promise<SpawnedProcess> {
  return spawnProcess(process.execPath, [built(), ...args], { cwd: ROOT, env: environment(env), ...(onOutput && { onOutput }) })
}

/** As {@link startNorthstar}, with `env` and the variables that starting a program needs as the whole environment. */
export function startNorthstarBare(args: readonly string[], env: Env): Promise<SpawnedProcess> {
  const kept = new Set(['PATH', 'HOME', 'TMPDIR', 'NORTHSTAR_RUN'])
  const removed = Object.fromEntries(Object.keys(process.env).flatMap(name => (kept.has(name) ? [] : [[name, undefined]])))
  return spawnProcess(process.execPath, [built(), ...args], { cwd: ROOT, env: { ...removed, ...env } })
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command of the built product to its end. */
export async function northstar(args: readonly string[], env: Env = {}, input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [built(), ...args], { cwd: ROOT, env: { ...process.env, ...environment(env) } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => out.push(piece))
  child.stderr.on('data', (piece: Buffer) => err.push(piece))
  // A command that reads nothing may have ended before all is written.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}
