import { CatalogueInvalid, loadCatalogue } from '@northstar/catalogue'
import { Command } from 'commander'
import { readConfig } from '../config.ts'

export function checkCommand(): Command {
  return new Command('check')
    .description('Checks a product folder: every mistake with its file, line and what was expected. Exits 1 when there is one.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .option('--strict', 'also fail on warnings, such as a channel whose secret has no value')
    .option('--json', 'print problems and warnings as JSON')
    .action((folder: string | undefined, options: { strict?: boolean; json?: boolean }) => {
      const path = folder ?? readConfig().productFolder
      const { problems, warnings } = check(path)
      if (options.json) print(JSON.stringify({ problems, warnings }))
      else {
        for (const problem of problems) print(`${path}/${problem.file}:${problem.line}  ${problem.message}`)
        for (const warning of warnings) print(`${path}/${warning.file}:${warning.line}  warning: ${warning.message}`)
        if (problems.length === 0) print(`${path} is in order${warnings.length > 0 ? `, with ${warnings.length} warnings` : ''}`)
      }
      if (problems.length > 0 || (options.strict && warnings.length > 0)) process.exitCode = 1
    })
}

function check(folder: string) {
  try {
    return { problems: [], warnings: loadCatalogue(folder).warnings }
  } catch (error) {
    if (error instanceof CatalogueInvalid) return { problems: error.problems, warnings: [] }
    throw error
  }
}

const print = (line: string) => process.stdout.write(`${line}\n`)
