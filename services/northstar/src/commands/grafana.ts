import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadCatalogue } from '@northstar/catalogue'
import { metricKinds } from '@northstar/metrics'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { grafanaDashboards } from '../grafana/dashboards.ts'

export function grafanaCommand(): Command {
  return new Command('grafana')
    .description('Writes Grafana dashboards of a product folder, from its metrics and its dashboard.yaml.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .requiredOption('--out <folder>', 'where to write them, such as deploy/grafana/dashboards')
    .action(async (folder: string | undefined, { out }: { out: string }) => {
      const settings = readSettings()
      const { catalogue } = loadCatalogue(folder ?? settings.productFolder, { kinds: metricKinds, env: settings.environment })
      await mkdir(out, { recursive: true })
      for (const [file, text] of grafanaDashboards(catalogue)) {
        await writeFile(join(out, file), text)
        process.stdout.write(`${join(out, file)}\n`)
      }
    })
}
