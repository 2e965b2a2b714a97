import type { FakeIssue, FakeRepository } from './github-server.ts'

const PRIORITIES = ['P0', 'P1', 'P2', 'P3']
const SECOND = 1_000
let nextEvent = 1

export const isoOf = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')

/** Adds an event to an issue, as GitHub records it. Times are whole seconds, epoch ms. */
export function addEvent(issue: FakeIssue, event: string, at: number, label?: string): void {
  issue.events.push({
    id: nextEvent++,
    event,
    created_at: isoOf(at),
    ...(label !== undefined && { label: { name: label, color: 'd73a4a' } }),
  })
  issue.updated_at = isoOf(at)
}

export function openIssue(repository: FakeRepository, at: number, labels: readonly string[], isPullRequest = false): FakeIssue {
  const number = repository.issues.length + 1
  const issue: FakeIssue = { number, created_at: isoOf(at), updated_at: isoOf(at), isPullRequest, events: [] }
  for (const label of labels) addEvent(issue, 'labeled', at + SECOND, label)
  repository.issues.push(issue)
  return issue
}

export const hasLabel = ({ events }: FakeIssue, name: string): boolean =>
  events.findLast(({ label }) => label?.name === name)?.event === 'labeled'

/** Adds issues with random events between two times: opened, relabelled, closed, reopened, many in the same second. */
export function fillIssues(repository: FakeRepository, count: number, from: number, to: number, random: () => number): void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const second = (at: number) => Math.floor(at / SECOND) * SECOND
  for (let i = 0; i < count; i++) {
    let at = second(from + random() * (to - from) * 0.8)
    const labels = [...(random() < 0.7 ? ['bug'] : ['question']), ...(random() < 0.6 ? [pick(PRIORITIES)] : [])]
    const issue = openIssue(repository, at, labels, random() < 0.15)
    while (random() < 0.75) {
      at = second(at + random() * (to - at) * 0.5) + 2 * SECOND
      const change = pick(['closed', 'reopened', 'bug', 'priority', 'priority', 'commented'] as const)
      const label = change === 'bug' ? 'bug' : change === 'priority' ? pick(PRIORITIES) : undefined
      if (label === undefined) addEvent(issue, change, at)
      else addEvent(issue, hasLabel(issue, label) ? 'unlabeled' : 'labeled', at, label)
    }
  }
}

/** A seeded random sequence in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
