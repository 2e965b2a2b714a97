import { planTypes } from '@northstar/catalogue'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { loadProduct } from '../product.ts'

export function planCommand(): Command {
  return new Command('plan').description('Works with the tracking plan of a product.').addCommand(types())
}

function types(): Command {
  return new Command('types')
    .description('Prints the tracking plan as TypeScript types, by which the SDK checks what a program captures.')
    .argument('[folder]', 'product folder (default: NORTHSTAR_PRODUCT)')
    .action((folder: string | undefined) => {
      const settings = readSettings()
      process.stdout.write(planTypes(loadProduct({ ...settings, productFolder: folder ?? settings.productFolder }).catalogue.plan))
    })
}
