import { formatDate, formatValue } from './format.ts'
import type { Figure, Line, Report, Section } from './report.ts'

const figuresOf = (report: Report): readonly Figure[] =>
  report.sections.flatMap(({ lines }) => lines.flatMap(line => (line.kind === 'figure' ? [line.figure] : [])))

/**
 * What late events changed in a report that was sent: each figure that moved by more than a share of itself, with both values. Null where
 * none did. Figures of a running period change by nature and are left out.
 */
export function correctionsOf(sent: Report, rebuilt: Report, share: number): Section | null {
  const now = new Map(figuresOf(rebuilt).map(figure => [keyOf(figure), figure]))
  const lines = figuresOf(sent).flatMap((before): Line[] => {
    const after = now.get(keyOf(before))
    if (!after || before.soFar || !hasMoved(before.value, after.value, share)) return []
    return [{ kind: 'text', text: `${before.title}: ${valueText(after)}, reported as ${valueText(before)}` }]
  })
  return lines.length === 0 ? null : { title: `Corrections to ${formatDate(sent.date)}`, lines }
}

const keyOf = ({ metric, title, period }: Figure) => `${metric} ${period} ${title}`

const valueText = ({ value, unit, unknown }: Figure) =>
  value === null ? (unknown ? 'unknown' : 'not enough data') : formatValue(value, unit)

function hasMoved(before: number | null, after: number | null, share: number): boolean {
  if (before === null || after === null) return before !== after
  return Math.abs(after - before) > share * Math.abs(before)
}
