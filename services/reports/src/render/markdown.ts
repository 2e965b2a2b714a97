import { figureText, formatDate, formatLate } from '../format.ts'
import type { Line, Report, Section } from '../report.ts'

/** Renders a report in Markdown, for example for a blog. */
export function toMarkdown(report: Report): string {
  const late = report.lateMs === undefined ? '' : ` (${formatLate(report.lateMs)})`
  const heading = `📊 ${report.title}: ${formatDate(report.date)}${late}`
  return `${[heading, ...report.sections.map(sectionText)].join('\n\n')}\n`
}

function sectionText({ title, lines }: Section): string {
  if (title === undefined) return lines.map(topLine).join('\n')
  return [`**${escapeMarkup(title)}**:`, ...lines.map(line => `- ${lineText(line)}`)].join('\n')
}

const topLine = (line: Line) =>
  line.kind === 'figure' ? `**${escapeMarkup(line.figure.title)}**: ${figureText(line.figure, escapeMarkup)}` : lineText(line)

export function lineText(line: Line): string {
  if (line.kind === 'figure') return `${escapeMarkup(line.figure.title)}: ${figureText(line.figure, escapeMarkup)}`
  return line.severity === undefined ? line.text : `⚠️ [${line.severity}] ${line.text}`
}

/** Names come from senders of events and must not be interpreted as markup. */
const escapeMarkup = (text: string) => text.replace(/[\\`*_[\]<>]/g, '\\$&')
