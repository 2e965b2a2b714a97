import { type Declaration, duration, type Schedule, timeOfDaySchema } from '@northstar/catalogue'
import { z } from 'zod'
import { type Matcher, matcherSchema } from './matchers.ts'
import { timeIntervalSchema, WEEKDAYS } from './time-interval-file.ts'
import { type TimeInterval, whenMatches } from './time-intervals.ts'

const escalation = z.strictObject({
  after: duration.describe('How long after the first notification.'),
  receiver: z.string().describe('Whom to notify.'),
})

/** One node of the routing tree. What is absent is inherited from the node above. */
export interface Route {
  readonly receiver?: string
  readonly matchers: readonly Matcher[]
  /** Labels whose values make a group; `['...']` groups by all, so that each alert is alone. */
  readonly groupBy?: readonly string[]
  readonly groupWait?: number
  readonly groupInterval?: number
  readonly repeatInterval?: number
  /** Go on to the next sibling after a match. */
  readonly continue: boolean
  readonly muteTimeIntervals?: readonly string[]
  readonly activeTimeIntervals?: readonly string[]
  /** Whom to notify when nobody has acknowledged so long after the first notification. */
  readonly escalate?: readonly { readonly after: number; readonly receiver: string }[]
  readonly routes: readonly Route[]
}

const routeFields = {
  receiver: z.string().optional().describe('Whom to notify: one of the receivers. Default: as the route above.'),
  matchers: z
    .array(matcherSchema)
    .default([])
    .describe('The alerts that go this way, all matchers holding: severity="P0", alertname=~"low_.*".'),
  group_by: z.array(z.string()).optional().describe('Labels whose values make one notification; ["..."] makes one of each alert.'),
  group_wait: duration.optional().describe('How long a new group waits for further alerts.'),
  group_interval: duration.optional().describe('How long after a notification the group’s next one waits.'),
  repeat_interval: duration
    .refine(ms => ms >= 60_000, 'repeat_interval is at least 1m')
    .optional()
    .describe('After how long a notification is repeated while its alerts fire.'),
  continue: z.boolean().default(false).describe('Whether the routes after this one are tried too.'),
  mute_time_intervals: z.array(z.string()).optional().describe('When nobody is notified: names of time_intervals.'),
  active_time_intervals: z.array(z.string()).optional().describe('The only times at which anybody is notified: names of time_intervals.'),
  escalate: z.array(escalation).optional().describe('Whom else to notify of what nobody has acknowledged.'),
}

interface RouteInput extends z.output<z.ZodObject<typeof routeFields>> {
  routes: RouteInput[]
}

const routeNode: z.ZodType<RouteInput> = z.lazy(() =>
  z.strictObject({
    ...routeFields,
    routes: z
      .array(routeNode)
      .default([])
      .describe('Routes below this one: the first that matches is taken, and inherits what it does not say.'),
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
  /** Labels that must be alike in both. */
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
    receiver: z.string().describe('The receiver whose alerts the digest lists.'),
    channels: z.array(z.string()).min(1).describe('The channels that the digest is sent to.'),
    weekday: z.enum(WEEKDAYS).describe('The day on which it is sent.'),
    at: timeOfDaySchema,
  })
  .transform(({ receiver, channels, weekday, at }): Digest => ({ receiver, channels, schedule: { weekdays: [weekday], at } }))

/** Which alerts go to which receiver, and when: `channels.yaml` without the channels. */
export interface Routing {
  /** Names of channels under one name; one without any notifies nobody (a digest reads the history). */
  readonly receivers: Readonly<Record<string, readonly string[]>>
  readonly route: Route
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: Readonly<Record<string, readonly TimeInterval[]>>
  readonly digests: readonly Digest[]
}

/** The names of the receivers, also where the file has mistakes. */
export const RECEIVER_NAMES: Declaration<readonly string[]> = { name: 'receivers' }

/** The name of a channel or receiver. */
export const channelName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'a name has lower-case letters, digits, _ and -')

const inhibitRule = z.strictObject({
  source_matchers: z.array(matcherSchema).describe('The alerts that mute while they fire.'),
  target_matchers: z.array(matcherSchema).describe('The alerts that are muted.'),
  equal: z.array(z.string()).default([]).describe('Labels that must be alike in both.'),
})

const namedIntervals = z.strictObject({
  name: z.string().describe('The name by which routes find it.'),
  time_intervals: z
    .array(timeIntervalSchema)
    .min(1)
    .refine(list => new Set(list.map(one => one.location)).size > 1 || whenMatches(list) !== 'always', {
      error: 'together these intervals always match',
      when: ({ issues }) => issues.length === 0,
    })
    .describe('Any of them; of one, all that is given must hold.'),
})

/** The keys of `channels.yaml` besides `channels`. */
export const routingFields = {
  receivers: z
    .record(channelName, z.array(z.string()))
    .describe('Channels under one name; one without any notifies nobody, as for a digest.'),
  route: routeNode.describe('Which alerts go to which receiver.'),
  inhibit_rules: z.array(inhibitRule).default([]).describe('Alerts that mute others.'),
  time_intervals: z.array(namedIntervals).default([]).describe('Times that routes are muted or active at.'),
  digests: z.array(digest).default([]).describe('Weekly digests of what is worth no message of its own.'),
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
