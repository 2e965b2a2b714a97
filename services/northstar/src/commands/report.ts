import type { ReportAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'

interface Options {
  at?: string
  print?: boolean
  send?: boolean
  json?: boolean
}

export function reportCommand(): Command {
  return new Command('report')
    .description('Prints a report as it was sent or would be sent, or sends it now.')
    .argument('<name>', 'a report in reports.yaml, such as weekly')
    .option('--at <date>', 'the day on which it is due, YYYY-MM-DD (default: today)')
    .option('--print', 'print it as Markdown (default)')
    .option('--send', 'send it to its channels, except those that already have it')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options) => {
      const { at } = options
      const path = `/v1/reports/${encodeURIComponent(name)}`
      const answer = options.send
        ? await callApi<ReportAnswer>(readSettings(), `${path}/send`, { method: 'POST', body: { ...(at && { at }) } })
        : await callApi<ReportAnswer>(readSettings(), `${path}?${new URLSearchParams({ ...(at && { at }) })}`)
      printAnswer(answer, options.json, () => (options.send ? deliveriesText(answer) : answer.markdown.trimEnd()))
      const deliveries = Object.values(answer.sent?.deliveries ?? {})
      if (options.send && deliveries.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1
    })
}

function deliveriesText({ name, date, sent }: ReportAnswer): string {
  const deliveries = Object.entries(sent?.deliveries ?? {})
  if (deliveries.length === 0) return `The ${name} report of ${date} has no channels.`
  return deliveries.map(([channel, { outcome, problem }]) => `${channel}: ${outcome}${problem ? `: ${problem}` : ''}`).join('\n')
}
