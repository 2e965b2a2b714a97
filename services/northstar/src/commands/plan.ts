import { planTypes } from '@northstar/catalogue'
import type { Answer, api, ReloadAnswer, UnknownAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { print, printJson } from '../print.ts'
import { loadProduct } from '../product.ts'
import { formatTable } from '../table.ts'

export function planCommand(): Command {
  return new Command('plan')
    .description('Works with the tracking plan of a product.')
    .addCommand(types())
    .addCommand(unknown())
    .addCommand(suggest())
    .addCommand(reload())
}

function types(): Command {
  return new Command('types')
    .description('Prints the tracking plan as TypeScript types, with which the SDK checks captured events.')
    .argument('[folder]', 'product folder (default: NORTHSTAR_PRODUCT)')
    .action((folder: string | undefined) => {
      const settings = readSettings()
      process.stdout.write(planTypes(loadProduct({ ...settings, productFolder: folder ?? settings.productFolder }).catalogue.plan))
    })
}

function unknown(): Command {
  return new Command('unknown')
    .description('Lists violations of the tracking plan in the last 30 days, by event.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const answer = await callApi<UnknownAnswer>(readSettings(), '/v1/plan/unknown')
      if (json) return void printJson(answer)
      const rows = answer.events.map(({ event, properties, keys, rejected, quarantined, flagged, first_at, last_at }) => ({
        event,
        properties: properties.map(({ property, code }) => (code === 'unknown_event' ? property : `${property} (${code})`)).join(', '),
        keys: keys.join(', '),
        rejected,
        quarantined,
        flagged,
        first: first_at.slice(0, 10),
        last: last_at.slice(0, 16),
      }))
      print(rows.length === 0 ? 'No violations.' : formatTable(rows))
      if (answer.others > 0) print(`and ${answer.others.toLocaleString('en-US')} events with other names`)
    })
}

function suggest(): Command {
  return new Command('suggest')
    .description('Suggests lines of tracking-plan.yaml that declare the unknown events and properties.')
    .action(async () => {
      const { yaml } = await callApi<Answer<typeof api.plan.suggestion>>(readSettings(), '/v1/plan/suggestion')
      print(yaml.trimEnd())
    })
}

function reload(): Command {
  return new Command('reload')
    .description('Reloads tracking-plan.yaml in all processes without a restart. Incompatible changes are refused.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const answer = await callApi<ReloadAnswer>(readSettings(), '/v1/plan/reload', { method: 'POST', body: {} })
      if (json) return void printJson(answer)
      const { events, properties, added } = answer
      print(`The tracking plan has ${events} events and ${properties} properties.`)
      if (added.length > 0) print(`New: ${added.join(', ')}`)
    })
}
