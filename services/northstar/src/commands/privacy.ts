import { DAY_MS, loadProduct, privacyPage } from '@northstar/catalogue'
import { LOG_RETENTION_MS } from '@northstar/event-log'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'

export function privacyCommand(): Command {
  return new Command('privacy')
    .description('Prints a "What we collect" page as Markdown, generated from the tracking plan and the settings.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .action((folder: string | undefined) => {
      const settings = readSettings()
      const { catalogue } = loadProduct(folder ?? settings.productFolder, {})
      const file = 'a file of the operator’s machine'
      const locations = {
        log: settings.kafka ? 'Kafka' : file,
        counters: settings.redisUrl ? 'Redis' : file,
        warehouse: settings.clickhouseUrl ? 'ClickHouse' : file,
      }
      process.stdout.write(privacyPage(catalogue, { retentionDays: settings.retentionDays, logDays: LOG_RETENTION_MS / DAY_MS, locations }))
    })
}
