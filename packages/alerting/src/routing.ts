import { formatLabels, type Labels } from './labels.ts'
import { formatMatchers, matches } from './matchers.ts'
import type { Route } from './routing-file.ts'

/** A route with all that it inherits. Durations in ms. */
export interface Destination {
  /** The matchers from the root down, as Alertmanager writes them in a group's key. */
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
  repeatInterval: 4 * 3_600_000,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  escalate: [],
}

/** Where an alert with these labels goes: depth first, the first match ends unless it says `continue`. */
export function destinations(root: Route, labels: Labels): readonly Destination[] {
  return walk(root, ROOT, labels, '')
}

function walk(node: Route, above: Destination, labels: Labels, place: string): readonly Destination[] {
  if (!matches(node.matchers, labels)) return []
  const here: Destination = {
    path: `${above.path}${above.path === '' ? '' : '/'}${formatMatchers(node.matchers)}${place}`,
    receiver: node.receiver ?? above.receiver,
    groupBy: node.groupBy ?? above.groupBy,
    groupWait: node.groupWait ?? above.groupWait,
    groupInterval: node.groupInterval ?? above.groupInterval,
    repeatInterval: node.repeatInterval ?? above.repeatInterval,
    // Times are a route's own, as in Alertmanager: they are not inherited.
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

/** The labels that make an alert's group at this destination. */
export function groupLabels(destination: Destination, labels: Labels): Labels {
  if (destination.groupBy.includes('...')) return labels
  return Object.fromEntries(destination.groupBy.filter(name => name in labels).map(name => [name, labels[name] ?? '']))
}

export function groupKey(destination: Destination, labels: Labels): string {
  return `${destination.path}:${formatLabels(groupLabels(destination, labels))}`
}
