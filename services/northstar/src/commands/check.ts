import { readdirSync, statSync } from 'node:fs'
import { formatProblems, nearest, type Problem } from '@northstar/catalogue'
import type { Settings } from '@northstar/runtime'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { print, printJson } from '../print.ts'
import { checkProduct, productSchemas } from '../product.ts'
import { changesSince } from './former-plan.ts'

export function checkCommand(): Command {
  return new Command('check')
    .description('Validates a product folder and prints every error with file, line and the expected value. Exits 1 on errors.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .option('--strict', 'also fail on warnings, such as a channel without its secret')
    .option('--against <old>', 'also list incompatible changes of the tracking plan since an old one: a folder or a git revision')
    .option('--json', 'print JSON')
    .action(async (folder: string | undefined, options: { strict?: boolean; json?: boolean; against?: string }) => {
      const settings = readSettings()
      const path = folder ?? settings.productFolder
      const { problems, warnings } = checkFolder(path, settings.environment, settings.retentionDays)
      const changes = options.against === undefined || problems.length > 0 ? [] : await changesSince(path, options.against)
      if (options.json) printJson({ problems, warnings, ...(options.against !== undefined && { changes }) })
      else {
        for (const text of formatProblems(problems, problem => line(problem, path))) print(text)
        for (const text of formatProblems(warnings, warning => line(warning, path, 'warning: '))) print(text)
        for (const { subject, message } of changes) print(`${path}/tracking-plan.yaml  incompatible: ${subject}: ${message}`)
        if (problems.length === 0)
          print(`${path} is valid${warnings.length > 0 ? ` (${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'})` : ''}`)
      }
      if (problems.length + changes.length > 0 || (options.strict && warnings.length > 0)) process.exitCode = 1
    })
}

/** Errors and warnings of every file of the folder. */
export function checkFolder(
  folder: string,
  env: Settings['environment'],
  retentionDays?: number,
): { problems: readonly Problem[]; warnings: readonly Problem[] } {
  const { problems, warnings } = checkProduct(folder, env, retentionDays)
  return { problems, warnings: [...warnings, ...strayFiles(folder)] }
}

/** Warns of unknown files: a misnamed file would be ignored silently. */
function strayFiles(folder: string): readonly Problem[] {
  const known = [...productSchemas().keys()].map(name => name.replace(/\.json$/, '.yaml'))
  const found = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : []
  return found
    .filter(name => /\.ya?ml$/.test(name) && !known.includes(name))
    .map(name => ({
      file: name,
      line: 1,
      message: `unknown file, expected one of ${known.join(', ')}`,
      nearest: nearest(name, known),
    }))
}

const line = ({ file, line: number, message, nearest }: Problem, folder: string, kind = '') =>
  `${folder}/${file}:${number}  ${kind}${message}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`
