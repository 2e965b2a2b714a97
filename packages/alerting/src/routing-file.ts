import { type Declaration, duration, type Schedule, timeOfDaySchema } from '@northstar/catalogue'
import { z } from 'zod'
import { type Matcher, matcherSchema } from './matchers.ts'
import { timeIntervalSchema, WEEKDAYS } from './time-interval-file.ts'
import { type TimeInterval, whenMatches } from './time-intervals.ts'

const escalation = z.strictObject({
  after: duration.describe('How long after the first notification.'),
  receiver: z.string().describe('The receiver to notify.'),
})

/** One node of the routing tree. Absent fields are inherited from the parent, except `matchers` and times. */
export interface Route {
  readonly receiver?: string
  readonly matchers: readonly Matcher[]
  /** Labels whose values define a group; `['...']` groups by all labels, so that each alert has its own group. */
  readonly groupBy?: readonly string[]
  readonly groupWait?: number
  readonly groupInterval?: number
  readonly repeatInterval?: number
  /** Whether to try the next sibling after a match. */
  readonly continue: boolean
  readonly muteTimeIntervals?: readonly string[]
  readonly activeTimeIntervals?: readonly string[]
  /** Receivers to notify when there is no acknowledgement `after` ms from the first notification. */
  readonly escalate?: readonly { readonly after: number; readonly receiver: string }[]
  readonly routes: readonly Route[]
}

const routeFields = {
  receiver: z.string().optional().describe('The receiver to notify. Default: that of the parent route.'),
  matchers: z
    .array(matcherSchema)
    .default([])
    .describe('Matchers of the route’s alerts, all of which must match: severity="P0", alertname=~"low_.*".'),
  group_by: z
    .array(z.string())
    .optional()
    .describe('Labels whose values define a group, which is notified together; ["..."] notifies each alert on its own.'),
  group_wait: duration.optional().describe('How long a new group waits for further alerts.'),
  group_interval: duration.optional().describe('Minimum time between notifications of a group.'),
  repeat_interval: duration
    .refine(ms => ms >= 60_000, 'repeat_interval is at least 1m')
    .optional()
    .describe('Time after which a notification is repeated while its alerts fire.'),
  continue: z.boolean().default(false).describe('Whether to try the following routes after a match.'),
  mute_time_intervals: z.array(z.string()).optional().describe('Times without notifications: names of time_intervals.'),
  active_time_intervals: z.array(z.string()).optional().describe('The only times with notifications: names of time_intervals.'),
  escalate: z.array(escalation).optional().describe('Further receivers to notify of unacknowledged alerts.'),
}

interface RouteInput extends z.output<z.ZodObject<typeof routeFields>> {
  routes: RouteInput[]
}

const routeNode: z.ZodType<RouteInput> = z.lazy(() =>
  z.strictObject({
    ...routeFields,
    routes: z.array(routeNode).default([]).describe('Child routes: the first match is used, and inherits absent fields.'),
  }),
) as z.ZodType<RouteInput>

function toRoute(node: RouteInput): Route {
  return {
    receiver: node.receiver,
    matchers: node.matchers,
    groupBy: node.group_by,
    groupWait: node.group_wait,
    groupInterval: node.group_interval,
    repeatInterval: node.repeat_interval,
    continue: node.continue,
    muteTimeIntervals: node.mute_time_intervals,
    activeTimeIntervals: node.active_time_intervals,
    escalate: node.escalate,
    routes: node.routes.map(toRoute),
  }
}

export interface InhibitRule {
  readonly sourceMatchers: readonly Matcher[]
  readonly targetMatchers: readonly Matcher[]
  /** Labels that must be equal in both. */
  readonly equal: readonly string[]
}

/** A weekly message with all alerts that route to a receiver. */
export interface Digest {
  readonly receiver: string
  readonly channels: readonly string[]
  readonly schedule: Schedule
}

const digest = z
  .strictObject({
    receiver: z.string().describe('The receiver whose alerts are listed.'),
    channels: z.array(z.string()).min(1).describe('The channels that the digest is sent to.'),
    weekday: z.enum(WEEKDAYS).describe('The day on which it is sent.'),
    at: timeOfDaySchema,
  })
  .transform(({ receiver, channels, weekday, at }): Digest => ({ receiver, channels, schedule: { weekdays: [weekday], at } }))

/** The routing tree and its receivers: `channels.yaml` without the channels. */
export interface Routing {
  /** Channel names of each receiver. A receiver without channels sends nothing (a digest reads the history). */
  readonly receivers: Readonly<Record<string, readonly string[]>>
  readonly route: Route
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: Readonly<Record<string, readonly TimeInterval[]>>
  readonly digests: readonly Digest[]
}

/** The file that declares channels and receivers. */
export const CHANNELS_FILE = 'channels.yaml'

/** The names of the receivers, even if the file has mistakes. */
export const RECEIVER_NAMES: Declaration<ReadonlySet<string>> = { name: 'receivers' }

/** The name of a channel or receiver. */
export const channelName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'a name has lower-case letters, digits, _ and -')

const inhibitRule = z.strictObject({
  source_matchers: z.array(matcherSchema).describe('The alerts that mute others while they fire.'),
  target_matchers: z.array(matcherSchema).describe('The alerts that are muted.'),
  equal: z.array(z.string()).default([]).describe('Labels that must be equal in both.'),
})

const namedIntervals = z.strictObject({
  name: z.string().describe('The name that routes refer to.'),
  time_intervals: z
    .array(timeIntervalSchema)
    .min(1)
    .refine(list => new Set(list.map(one => one.location)).size > 1 || whenMatches(list) !== 'always', {
      error: 'together these intervals always match',
      when: ({ issues }) => issues.length === 0,
    })
    .describe('Intervals, any of which must match. All fields of an interval must match.'),
})

/** The keys of `channels.yaml` besides `channels`. */
export const routingFields = {
  receivers: z
    .record(channelName, z.array(z.string()))
    .describe(
      'Channels of each receiver. A receiver without channels, as for a digest, sends nothing; one whose channels are off sends what still fires once one is on.',
    ),
  route: routeNode.describe('The routing tree.'),
  inhibit_rules: z.array(inhibitRule).default([]).describe('Rules by which alerts mute others.'),
  time_intervals: z.array(namedIntervals).default([]).describe('Named times for mute_time_intervals and active_time_intervals.'),
  digests: z.array(digest).default([]).describe('Weekly digests of alerts that need no message of their own.'),
}

export const toRouting = (given: z.output<z.ZodObject<typeof routingFields>>): Routing => ({
  receivers: given.receivers,
  route: toRoute(given.route),
  inhibitRules: given.inhibit_rules.map(one => ({
    sourceMatchers: one.source_matchers,
    targetMatchers: one.target_matchers,
    equal: one.equal,
  })),
  timeIntervals: Object.fromEntries(given.time_intervals.map(one => [one.name, one.time_intervals])),
  digests: given.digests,
})
