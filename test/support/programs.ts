import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { inject } from 'vitest'

/**
 * The path of a program that a test file needs. Where it is missing the run prints that the file does not run, and why.
 * @throws in continuous integration, so that nothing goes untested unseen
 */
export function findProgram(name: string, file: string): string | undefined {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(isExecutable)
  if (found) return found
  const reason = `${name} is not on the PATH (a Debian package of that name)`
  if (inject('ci')) throw new Error(`${file}: ${reason}`)
  process.stderr.write(`\nNOT RUN: ${file}: ${reason}\n`)
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
