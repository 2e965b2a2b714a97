import { HOUR_MS } from '@northstar/catalogue'
import { formatLabels, type Labels, labelOf } from './labels.ts'
import { formatMatchers, matches } from './matchers.ts'
import type { Route } from './routing-file.ts'

/** A route with its inherited fields. Durations in ms. */
export interface Destination {
  /** The matchers from the root down, in the form of Alertmanager's group keys. */
  readonly path: string
  readonly receiver: string
  readonly groupBy: readonly string[]
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly escalate: readonly { readonly after: number; readonly receiver: string }[]
}

/** Alertmanager's defaults. */
const ROOT: Destination = {
  path: '',
  receiver: '',
  groupBy: [],
  groupWait: 30_000,
  groupInterval: 300_000,
  repeatInterval: 4 * HOUR_MS,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  escalate: [],
}

/** The destinations of an alert: depth first; the first match ends the search unless it has `continue`. */
export function destinations(root: Route, labels: Labels): readonly Destination[] {
  return walk(root, ROOT, labels, '')
}

function walk(node: Route, above: Destination, labels: Labels, position: string): readonly Destination[] {
  if (!matches(node.matchers, labels)) return []
  const here: Destination = {
    path: `${above.path}${above.path === '' ? '' : '/'}${formatMatchers(node.matchers)}${position}`,
    receiver: node.receiver ?? above.receiver,
    groupBy: node.groupBy ?? above.groupBy,
    groupWait: node.groupWait ?? above.groupWait,
    groupInterval: node.groupInterval ?? above.groupInterval,
    repeatInterval: node.repeatInterval ?? above.repeatInterval,
    // As in Alertmanager, times are not inherited.
    muteTimeIntervals: node.muteTimeIntervals ?? [],
    activeTimeIntervals: node.activeTimeIntervals ?? [],
    escalate: node.escalate ?? above.escalate,
  }
  const found: Destination[] = []
  for (const [index, child] of node.routes.entries()) {
    const below = walk(child, here, labels, `/${index}`)
    found.push(...below)
    if (below.length > 0 && !child.continue) break
  }
  return found.length > 0 ? found : [here]
}

/** The labels of an alert's group at this destination. */
export function groupLabels(destination: Destination, labels: Labels): Labels {
  if (destination.groupBy.includes('...')) return labels
  return Object.fromEntries(destination.groupBy.filter(name => Object.hasOwn(labels, name)).map(name => [name, labelOf(labels, name)]))
}

export function groupKey(destination: Destination, labels: Labels): string {
  return `${destination.path}:${formatLabels(groupLabels(destination, labels))}`
}
