import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rulesTestFile } from '@northstar/alerting'
import { jsonSchemas } from '@northstar/catalogue'
import { metricKinds } from '@northstar/metrics'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { z } from 'zod'
import { scenarioSchema } from '../simulate/scenario.ts'

/** The JSON schema of every file of a product folder, by name. */
export function productSchemas(): ReadonlyMap<string, string> {
  const besides = Object.entries({ 'alerts.test.json': rulesTestFile, 'simulation.json': scenarioSchema }).map(
    ([name, schema]) => [name, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'ref' })] as const,
  )
  return new Map([...jsonSchemas(metricKinds), ...besides].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]))
}

export function schemasCommand(): Command {
  return new Command('schemas')
    .description('The JSON schemas of the product files, by which editors complete and check them. Prints one, or writes all.')
    .argument('[name]', 'which one to print, such as metrics')
    .option('--write [folder]', 'write all of them (default: the folder schemas beside the product folder)')
    .action(async (name: string | undefined, options: { write?: string | true }) => {
      const schemas = productSchemas()
      if (options.write === undefined) {
        const schema = schemas.get(`${name}.json`)
        if (name !== undefined && schema === undefined) {
          throw Object.assign(new Error(`there is no ${name}.yaml; there are ${[...schemas.keys()].join(', ')}`), {
            code: 'unknown_schema',
          })
        }
        process.stdout.write(schema ?? `${[...schemas.keys()].join('\n')}\n`)
        return
      }
      const folder = options.write === true ? join(readSettings().productFolder, '..', 'schemas') : options.write
      await mkdir(folder, { recursive: true })
      for (const [file, text] of schemas) await writeFile(join(folder, file), text)
      process.stdout.write(`${schemas.size} schemas in ${folder}\n`)
    })
}
