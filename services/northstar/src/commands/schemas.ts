import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFolder, readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { print } from '../print.ts'
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
          const names = [...schemas.keys()].map(file => file.replace(/\.json$/, ''))
          throw new InvalidArgumentError(`there is no schema ${name}; there are ${names.join(', ')}`)
        }
        process.stdout.write(schema ?? `${[...schemas.keys()].join('\n')}\n`)
        return
      }
      const folder = options.write === true ? join(readSettings().productFolder, '..', 'schemas') : options.write
      createFolder(folder)
      for (const [file, text] of schemas) await writeFile(join(folder, file), text)
      print(`Wrote ${schemas.size} schemas to ${folder}`)
    })
}
