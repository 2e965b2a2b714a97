import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFolder, readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { grafanaDashboards } from '../grafana/dashboards.ts'
import { print } from '../print.ts'
import { loadProduct } from '../product.ts'

export function grafanaCommand(): Command {
  return new Command('grafana')
    .description('Generates Grafana dashboards from metrics.yaml and dashboard.yaml of a product folder.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .requiredOption('--out <folder>', 'output folder, such as deploy/grafana/dashboards')
    .action(async (folder: string | undefined, { out }: { out: string }) => {
      const settings = readSettings()
      const { catalogue } = loadProduct({ ...settings, productFolder: folder ?? settings.productFolder })
      createFolder(out)
      for (const [file, text] of grafanaDashboards(catalogue)) {
        await writeFile(join(out, file), text)
        print(join(out, file))
      }
    })
}
