import * as z from 'zod'

const time = z.iso.datetime({ offset: true }).transform(text => Date.parse(text))
const labelName = z.union([z.string(), z.looseObject({ name: z.string() }).transform(({ name }) => name)])

/** An issue of `GET /repos/{owner}/{repo}/issues`, which also lists pull requests. Times are epoch ms. */
export const issueSchema = z.looseObject({
  number: z.int(),
  created_at: time,
  updated_at: time,
  labels: z.array(labelName),
  pull_request: z.unknown().optional(),
})
export type Issue = z.output<typeof issueSchema>

/** An event of `GET /repos/{owner}/{repo}/issues/{number}/events`, oldest first. */
export const issueEventSchema = z.looseObject({
  id: z.int(),
  event: z.string(),
  created_at: time,
  label: z.looseObject({ name: z.string() }).nullish(),
})
export type IssueEvent = z.output<typeof issueEventSchema>

export interface IssueRules {
  /** An issue with any of these labels is a bug. */
  readonly labels: readonly string[]
  /** Priorities by label, the most severe first. */
  readonly priorities: Readonly<Record<string, string>>
  /** The priority of a bug without such a label. Default: none. */
  readonly otherwise?: string
}

export interface IssueSample {
  readonly action: 'opened' | 'closed' | 'labeled'
  readonly priority: string | undefined
  /** Epoch ms. */
  readonly at: number
  /** The id of GitHub's event; 0 for the report. */
  readonly event: number
}

/**
 * The changes of a bug, oldest first; later events only append. A bug counts as one from its report on, even if it was labelled later, and has
 * its first known priority from then on. It is open while the issue is open and has the label. Empty for an issue that never had the label.
 */
export function issueHistory(issue: Issue, events: readonly IssueEvent[], rules: IssueRules): readonly IssueSample[] {
  const labels = new Set(initialLabels(issue, events))
  const isBug = () => rules.labels.some(name => labels.has(name))
  const severities = Object.keys(rules.priorities)
  const laterLabel = isBug() ? undefined : firstGiven(rules.labels, events)
  if (laterLabel !== undefined) labels.add(laterLabel)
  if (!isBug()) return []
  const labelled = () => rules.priorities[severities.find(name => labels.has(name)) ?? '']
  const priority = () => labelled() ?? rules.otherwise
  const first = labelled() ?? rules.priorities[firstGiven(severities, events) ?? ''] ?? rules.otherwise
  const samples: IssueSample[] = [{ action: 'opened', priority: first, at: issue.created_at, event: 0 }]
  let [open, counted, known] = [true, true, priority()]
  for (const { id, event, created_at: at, label } of events) {
    if (event === 'closed') open = false
    else if (event === 'reopened') open = true
    else if (event === 'labeled' && label) labels.add(label.name)
    else if (event === 'unlabeled' && label) labels.delete(label.name)
    const counts = open && isBug()
    const next = priority() ?? known
    const action = counts === counted ? (next === known ? null : 'labeled') : counts ? 'opened' : 'closed'
    ;[counted, known] = [counts, next]
    if (action) samples.push({ action, priority: next, at, event: id })
  }
  return samples
}

const firstGiven = (names: readonly string[], events: readonly IssueEvent[]): string | undefined =>
  events.find(({ event, label }) => event === 'labeled' && label && names.includes(label.name))?.label?.name

/** The labels without a recorded event, such as those of an imported issue. */
function initialLabels(issue: Issue, events: readonly IssueEvent[]): readonly string[] {
  const firstOf = new Map<string, string>()
  for (const { event, label } of events) {
    if (label && (event === 'labeled' || event === 'unlabeled') && !firstOf.has(label.name)) firstOf.set(label.name, event)
  }
  const removedFirst = [...firstOf].filter(([, event]) => event === 'unlabeled').map(([name]) => name)
  return [...issue.labels.filter(name => !firstOf.has(name)), ...removedFirst]
}
