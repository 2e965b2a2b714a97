import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { productSchemas } from '../product.ts'

export function schemasCommand(): Command {
  return new Command('schemas')
    .description('Prints or writes the JSON schemas of the product files, for completion and validation in editors.')
    .argument('[name]', 'schema to print, such as metrics')
    .option('--write [folder]', 'write all schemas (default folder: schemas next to the product folder)')
    .action(async (name: string | undefined, options: { write?: string | true }) => {
      const schemas = productSchemas()
      if (options.write === undefined) {
        const schema = schemas.get(`${name}.json`)
        if (name !== undefined && schema === undefined) {
          throw Object.assign(
            new Error(`there is no schema ${name}; there are ${[...schemas.keys()].map(file => file.replace(/\.json$/, '')).join(', ')}`),
            {
              code: 'unknown_schema',
            },
          )
        }
        process.stdout.write(schema ?? `${[...schemas.keys()].join('\n')}\n`)
        return
      }
      const folder = options.write === true ? join(readSettings().productFolder, '..', 'schemas') : options.write
      await mkdir(folder, { recursive: true })
      for (const [file, text] of schemas) await writeFile(join(folder, file), text)
      process.stdout.write(`Wrote ${schemas.size} schemas to ${folder}\n`)
    })
}
