import { existsSync, readdirSync } from 'node:fs'
import { nearest, type Problem } from '@northstar/catalogue'
import type { Settings } from '@northstar/runtime'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { checkProduct, productSchemas } from '../product.ts'

export function checkCommand(): Command {
  return new Command('check')
    .description('Checks a product folder: every mistake with its file, line and what was expected. Exits 1 when there is one.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .option('--strict', 'also fail on warnings, such as a channel whose secret has no value')
    .option('--json', 'print problems and warnings as JSON')
    .action((folder: string | undefined, options: { strict?: boolean; json?: boolean }) => {
      const settings = readSettings()
      const path = folder ?? settings.productFolder
      const { problems, warnings } = checkFolder(path, settings.environment)
      if (options.json) print(JSON.stringify({ problems, warnings }))
      else {
        for (const problem of problems) print(line(problem, path))
        for (const warning of warnings) print(line(warning, path, 'warning: '))
        if (problems.length === 0) print(`${path} is in order${warnings.length > 0 ? `, with ${warnings.length} warnings` : ''}`)
      }
      if (problems.length > 0 || (options.strict && warnings.length > 0)) process.exitCode = 1
    })
}

/** The mistakes of every file of the folder, and warnings. */
export function checkFolder(folder: string, env: Settings['environment']): { problems: readonly Problem[]; warnings: readonly Problem[] } {
  const { problems, warnings } = checkProduct(folder, env)
  return { problems, warnings: [...warnings, ...strayFiles(folder)] }
}

/** Files that nothing reads, so that a misnamed one is not ignored in silence. */
function strayFiles(folder: string): readonly Problem[] {
  const known = [...productSchemas().keys()].map(name => name.replace(/\.json$/, '.yaml'))
  const found = existsSync(folder) ? readdirSync(folder) : []
  return found
    .filter(name => /\.ya?ml$/.test(name) && !known.includes(name))
    .map(name => ({
      file: name,
      line: 1,
      message: `nothing reads this file, expected one of ${known.join(', ')}`,
      nearest: nearest(name, known),
    }))
}

const line = ({ file, line: number, message, nearest }: Problem, folder: string, kind = '') =>
  `${folder}/${file}:${number}  ${kind}${message}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`

const print = (text: string) => process.stdout.write(`${text}\n`)
