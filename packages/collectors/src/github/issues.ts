import type { Sample, Step } from '../collector.ts'
import { CollectFailed } from '../failures.ts'
import type { GitHub } from './client.ts'
import {
  type Issue,
  type IssueEvent,
  type IssueRules,
  type IssueSample,
  issueEventSchema,
  issueHistory,
  issueSchema,
} from './issue-history.ts'
import { findMissing, isReconciliationDue, missingSample } from './missing-issues.ts'

export interface IssuesConfig extends IssueRules {
  readonly event: string
}

/** Times are epoch ms. */
export interface IssuesCursor {
  /** Every issue that was updated before this time has been read. */
  readonly since: number
  /** The id of the last sent event of each bug, 0 for its report. GitHub's event ids increase. */
  readonly sent: Readonly<Record<string, number>>
  /** The open bugs. They are read again even after the label was removed. */
  readonly open: readonly number[]
  readonly etag?: { readonly since: number; readonly value: string }
  /** When the open bugs were last compared with GitHub's list of open issues. */
  readonly reconciledAt?: number
}

/** How much later a list may show a change than another one of the same time. */
const OVERLAP_MS = 120_000
/** Number of samples of a step. Each step writes the cursor, which grows with the number of bugs. */
const STEP = 50

/** Collects the history of every bug, and once a day closes those that were deleted or transferred. Times are epoch ms. */
export async function* collectIssues(
  github: GitHub,
  config: IssuesConfig,
  repository: number,
  stored: IssuesCursor | undefined,
  now: () => number,
): AsyncGenerator<Step<IssuesCursor>, void> {
  let cursor = stored
  for await (const step of collectUpdated(github, config, repository, stored)) {
    cursor = step.cursor
    yield step
  }
  if (!cursor || !isReconciliationDue(cursor.reconciledAt, now())) return
  const { open, reconciledAt } = cursor
  // After the first run every open bug has just been read.
  const missing = reconciledAt === undefined ? [] : await findMissing(github, open, config.labels)
  yield {
    samples: missing.map(number => missingSample(config.event, `${repository}#${number}`, number, now())),
    cursor: { ...cursor, open: open.filter(number => !missing.includes(number)), reconciledAt: now() },
  }
}

/**
 * Reads issues in order of their last update. The next page begins at the update at which the last one ended, not at a page number: an issue
 * that is edited meanwhile moves to the end, and no other is missed.
 */
async function* collectUpdated(
  github: GitHub,
  config: IssuesConfig,
  repository: number,
  stored: IssuesCursor | undefined,
): AsyncGenerator<Step<IssuesCursor>, void> {
  let cursor: IssuesCursor = stored ?? { since: 0, sent: {}, open: [] }
  let since = Math.max(0, cursor.since - OVERLAP_MS)
  let page = 1
  for (let isFirst = true; ; isFirst = false) {
    const query = { state: 'all', sort: 'updated', direction: 'asc', page, ...(since > 0 && { since: iso(since) }) }
    const answer = await github.page('/issues', issueSchema, query, isFirst && cursor.etag?.since === since ? cursor.etag.value : undefined)
    if (answer === null) return
    const { items, hasNext, etag } = answer
    assertOrder(items)
    for await (const step of readIssues(github, config, repository, items, cursor)) {
      cursor = step.cursor
      yield step
    }
    if (!hasNext) {
      // The next run sends the same query only if nothing has changed; then the answer is 304.
      yield { samples: [], cursor: { ...cursor, etag: isFirst && etag !== undefined ? { since, value: etag } : undefined } }
      return
    }
    const last = items.at(-1)?.updated_at ?? since
    ;[since, page] = last === since ? [since, page + 1] : [last, 1]
  }
}

function assertOrder(items: readonly Issue[]): void {
  for (let i = 1; i < items.length; i++) {
    if ((items[i]?.updated_at ?? 0) < (items[i - 1]?.updated_at ?? 0))
      throw new CollectFailed('unreadable', 'GitHub listed the issues in a different order than requested')
  }
}

/** Yields the samples of a page of issues. If GitHub stops answering, those read before are yielded first. */
async function* readIssues(
  github: GitHub,
  config: IssuesConfig,
  repository: number,
  issues: readonly Issue[],
  stored: IssuesCursor,
): AsyncGenerator<Step<IssuesCursor>, void> {
  let cursor = stored
  let samples: Sample[] = []
  for (const issue of issues) {
    try {
      const history = await historyOf(github, config, issue, cursor)
      const fresh = history.filter(({ event }) => event > (cursor.sent[issue.number] ?? -1))
      samples.push(...fresh.map(one => toSample(config.event, `${repository}#${issue.number}`, issue.number, one)))
      cursor = advance(cursor, issue, history)
    } catch (error) {
      if (samples.length > 0) yield { samples, cursor }
      throw error
    }
    if (samples.length >= STEP) {
      yield { samples, cursor }
      samples = []
    }
  }
  yield { samples, cursor }
}

/** The issue's history; empty if it is not a bug. */
async function historyOf(github: GitHub, rules: IssueRules, issue: Issue, { open }: IssuesCursor): Promise<readonly IssueSample[]> {
  const { number, pull_request, labels } = issue
  if (pull_request || !(labels.some(name => rules.labels.includes(name)) || open.includes(number))) return []
  const events: IssueEvent[] = []
  for await (const page of github.pages(`/issues/${number}/events`, issueEventSchema)) events.push(...page)
  return issueHistory(issue, events, rules)
}

function advance(cursor: IssuesCursor, { number, updated_at }: Issue, history: readonly IssueSample[]): IssuesCursor {
  const since = Math.max(cursor.since, updated_at)
  if (history.length === 0) return { ...cursor, since }
  const isOpen = history.findLast(({ action }) => action !== 'labeled')?.action === 'opened'
  const others = cursor.open.filter(known => known !== number)
  const sent = { ...cursor.sent, [number]: Math.max(...history.map(({ event }) => event), cursor.sent[number] ?? 0) }
  return { ...cursor, since, sent, open: isOpen ? [...others, number] : others }
}

const toSample = (event: string, issue: string, number: number, { action, priority, at, event: cause }: IssueSample): Sample => ({
  event,
  id: `issue ${issue} ${cause}`,
  timestamp: at,
  properties: { number, action, priority },
})

const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
