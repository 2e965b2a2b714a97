import type { Article, ArticleLine } from '@northstar/notifications'
import { chartOf } from './chart.ts'
import { figureText, formatDate, formatLate } from './format.ts'
import type { Line, Report } from './report.ts'

/** Converts a report to the form that channels send. */
export function toArticle(report: Report, id: string): Article {
  const late = report.lateMs === undefined ? '' : ` (${formatLate(report.lateMs)})`
  const figures = report.sections.flatMap(({ lines }) => lines.flatMap(line => (line.kind === 'figure' ? [line.figure] : [])))
  return {
    id,
    title: `📊 ${report.title}: ${formatDate(report.date)}${late}`,
    sections: report.sections.map(({ title, lines }) => ({ ...(title !== undefined && { title }), lines: lines.map(articleLine) })),
    charts: figures.map(chartOf).filter(chart => chart !== null),
  }
}

function articleLine(line: Line): ArticleLine {
  if (line.kind === 'figure') return { label: line.figure.title, text: figureText(line.figure) }
  return line.severity === undefined ? { text: line.text } : { label: `⚠️ ${line.severity}`, text: line.text }
}
