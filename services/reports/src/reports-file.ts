import { defineSection, type Path, type Problem, scheduleSchema, unknownWord, type YamlFile } from '@northstar/catalogue'
import { METRICS, measureProblems } from '@northstar/metrics'
import { CHANNEL_NAMES, CHANNELS_FILE } from '@northstar/notifications'
import * as z from 'zod'

const period = z
  .enum(['day', 'week', 'calendar_week', 'month', 'quarter', 'year'])
  .describe('The period that is reported. The last complete one is reported.')
const title = z.string().min(1)

const metricLine = z
  .strictObject({
    metric: z.string().describe('A metric of metrics.yaml.'),
    title: title.optional().describe('The name in the report. Default: the metric’s title.'),
    period: period.optional().describe('Default: the period of the report.'),
    running: z.boolean().default(false).describe('Report the running period up to the reported day instead of a complete one.'),
    by: z.string().optional().describe('Add the value of each member of this property.'),
    where: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({})
      .describe('Only events with these values of properties.'),
    offset: z.int().min(0).optional().describe('For a retention: the number of periods after the first.'),
    zeros: z.boolean().default(false).describe('Show members whose value is 0.'),
    top: z.int().min(1).max(20).optional().describe('Show only this many members, the largest first.'),
    change: z.boolean().default(false).describe('Show the change from the period before.'),
    chart: z.boolean().default(false).describe('Draw the last periods as a chart, if the channel shows images.'),
  })
  .describe('The value of a metric with its target and verdict.')

const alertsLine = z
  .strictObject({
    alerts: z
      .array(z.enum(['P0', 'P1', 'P2', 'P3']))
      .min(1)
      .describe('Firing alerts of these severities.'),
    empty: z.string().optional().describe('The line to show if there are no alerts. Default: the line is left out.'),
  })
  .describe('One line for each alert that is firing when the report is sent.')

const notesLine = z
  .strictObject({
    notes: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/)
      .describe('The heading of a list that is written before the report is due.'),
    empty: z.string().optional().describe('The line to show if the list is empty. Default: the line is left out.'),
  })
  .describe('A written list, such as wins, challenges, priorities or action items.')

const textLine = z.strictObject({ text: z.string().min(1).describe('A fixed line.') }).describe('A fixed line, such as thanks.')

const section = z.strictObject({
  title: title.optional().describe('The heading of the section.'),
  lines: z
    .array(z.union([metricLine, alertsLine, notesLine, textLine]))
    .min(1)
    .describe('From top to bottom.'),
})

const report = z.strictObject({
  title: title.describe('The heading, which the date follows.'),
  audience: z.string().optional().describe('The people for whom the report is written.'),
  schedule: scheduleSchema.describe('When the report is sent, in the product’s time zone.'),
  period,
  channels: z.array(z.string()).default([]).describe('The channels of channels.yaml to which the report is sent.'),
  useful_for: z.int().min(1).max(31).default(2).describe('Days after the due time in which a missed report is still sent, marked late.'),
  correct_above: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('A sent figure that late events change by more than this share is corrected in the next report.'),
  sections: z.array(section).min(1).describe('From top to bottom.'),
})

/** The schema of `reports.yaml`. */
export const reportsSchema = z
  .strictObject({
    reports: z
      .record(z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'a name has lower-case letters, digits, _ and -'), report)
      .describe('The reports, by name.'),
  })
  .describe('The reports that are sent on a schedule, with their recipients and figures.')

export type ReportDefinition = z.output<typeof report>
export type ReportLine = z.output<typeof section>['lines'][number]
export type MetricLine = z.output<typeof metricLine>

export type Reports = ReadonlyMap<string, ReportDefinition>

/** Reads `reports.yaml`. Without the file there are no reports. */
export const reportsSection = defineSection<typeof reportsSchema, Reports>({
  file: 'reports.yaml',
  schema: reportsSchema,
  build(file, context) {
    if (!file) return { value: new Map() }
    const metrics = context.declared(METRICS)
    const lines = file.entries('reports', '*', 'sections', '*', 'lines', '*')
    const problems = [
      ...(metrics ? lines.flatMap(([path]) => measureProblems(file, path, metrics)) : []),
      ...channelProblems(file, context.declared(CHANNEL_NAMES)),
    ]
    return { ...(file.value && { value: new Map(Object.entries(file.value.reports)) }), problems }
  },
})

function channelProblems(file: YamlFile<unknown>, known: ReadonlySet<string> | undefined): readonly Problem[] {
  if (known === undefined) return []
  return file
    .entries('reports', '*', 'channels', '*')
    .flatMap(([path, name]: readonly [Path, unknown]) =>
      typeof name === 'string' && !known.has(name) ? [unknownWord(file, path, 'unknown channel', name, known, CHANNELS_FILE)] : [],
    )
}
