import { formatDate, formatValue } from './format.ts'
import type { Figure, Line, Report, Section } from './report.ts'

const figuresOf = (report: Report): readonly Figure[] =>
  report.sections.flatMap(({ lines }) => lines.flatMap(line => (line.kind === 'figure' ? [line.figure] : [])))

/**
 * Lists the figures of a sent report that late events have changed by more than `share` of their value, with both values. Returns null if there
 * are none. Figures of a running period always change and are left out.
 */
export function correctionsOf(sent: Report, rebuilt: Report, share: number): Section | null {
  const now = new Map(figuresOf(rebuilt).map(figure => [keyOf(figure), figure]))
  const lines = figuresOf(sent).flatMap((before): Line[] => {
    const after = now.get(keyOf(before))
    if (!after || before.soFar || !hasChanged(before.value, after.value, share)) return []
    return [{ kind: 'text', text: `${before.title}: ${valueText(after)}, reported as ${valueText(before)}` }]
  })
  return lines.length === 0 ? null : { title: `Corrections to ${formatDate(sent.date)}`, lines }
}

const keyOf = ({ metric, title, period }: Figure) => `${metric} ${period} ${title}`

const valueText = ({ value, unit, unknown }: Figure) =>
  value === null ? (unknown ? 'unknown' : 'not enough data') : formatValue(value, unit)

function hasChanged(before: number | null, after: number | null, share: number): boolean {
  if (before === null || after === null) return before !== after
  return Math.abs(after - before) > share * Math.abs(before)
}
