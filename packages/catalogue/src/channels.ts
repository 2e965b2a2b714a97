import { z } from 'zod'
import { duration } from './alert-rules.ts'

/** `name="value"`, `!=`, `=~` (a regular expression over the whole value), `!~`: as Alertmanager writes them. */
export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

/** The matcher that the text says, or null where it says none. */
export function parseMatcher(text: string): Matcher | null {
  const found = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/.exec(text)
  if (!found) return null
  const [, name = '', operator = '=', quoted, bare = ''] = found
  const value = quoted === undefined ? bare : quoted.replace(/\\(["\\])/g, '$1')
  const isRegex = operator.endsWith('~')
  if (isRegex && !isPattern(value)) return null
  return { name, value, isRegex, isEqual: operator.startsWith('=') }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text).source.length <= 500
  } catch {
    return false
  }
}

const matcher = z.string().transform((text, context) => {
  const found = parseMatcher(text)
  if (found) return found
  context.addIssue({ code: 'custom', message: `"${text}" is no matcher: write severity="P0" or alertname=~"low_.*"` })
  return z.NEVER
})

/** A text that may hold `${NAME}`: a secret from the environment. */
const text = z.string()
const recipients = z.union([text.transform(one => [one]), z.array(text).min(1)])

/** One address to tell. The fields are those of the vendor's own documents; secrets are written `${NAME}`. */
const channel = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('webhook'), url: text, secret: text.optional() }),
  z.strictObject({ type: z.literal('pagerduty'), routing_key: text, url: text.default('https://events.pagerduty.com/v2/enqueue') }),
  z.strictObject({
    type: z.literal('opsgenie'),
    api_key: text,
    url: text.default('https://api.opsgenie.com'),
    responders: z.array(z.strictObject({ type: z.string(), name: text })).default([]),
  }),
  z.strictObject({ type: z.literal('slack'), url: text }),
  z.strictObject({ type: z.literal('discord'), url: text }),
  z.strictObject({ type: z.literal('email'), smtp: text, from: text, to: recipients }),
  z.strictObject({
    type: z.literal('sms'),
    account_sid: text,
    auth_token: text,
    from: text,
    to: recipients,
    url: text.default('https://api.twilio.com'),
  }),
  z.strictObject({ type: z.literal('x'), access_token: text, url: text.default('https://api.x.com') }),
])

export type ChannelConfig = z.output<typeof channel>
export type ChannelType = ChannelConfig['type']

const escalation = z.strictObject({ after: duration, receiver: z.string() })

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
  /** Whom to tell when nobody has acknowledged so long after the first notification. */
  readonly escalate?: readonly { readonly after: number; readonly receiver: string }[]
  readonly routes: readonly Route[]
}

const routeFields = {
  receiver: z.string().optional(),
  matchers: z.array(matcher).default([]),
  group_by: z.array(z.string()).optional(),
  group_wait: duration.optional(),
  group_interval: duration.optional(),
  repeat_interval: duration.optional(),
  continue: z.boolean().default(false),
  mute_time_intervals: z.array(z.string()).optional(),
  active_time_intervals: z.array(z.string()).optional(),
  escalate: z.array(escalation).optional(),
}

interface RouteInput extends z.output<z.ZodObject<typeof routeFields>> {
  routes: RouteInput[]
}

const routeNode: z.ZodType<RouteInput> = z.lazy(() =>
  z.strictObject({ ...routeFields, routes: z.array(routeNode).default([]) }),
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

/** A range of numbers, both ends included. */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

/** Alertmanager's time interval; all given fields must hold. */
export interface TimeInterval {
  /** Minutes of the day; `to` excluded. */
  readonly times?: readonly NumberRange[]
  /** 0 is Sunday. */
  readonly weekdays?: readonly NumberRange[]
  /** Negative counts from the month's end. */
  readonly daysOfMonth?: readonly NumberRange[]
  readonly months?: readonly NumberRange[]
  readonly years?: readonly NumberRange[]
  /** IANA zone; UTC where absent. */
  readonly location?: string
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

const numberRange = (names: readonly string[], base: number, what: string) =>
  z.union([z.string(), z.number()]).transform((given, context): NumberRange => {
    const numberOf = (part: string) => {
      const named = names.indexOf(part.trim().toLowerCase())
      return named >= 0 ? named + base : /^-?\d+$/.test(part.trim()) ? Number(part) : Number.NaN
    }
    const [first = '', last = first] = String(given).split(':')
    const range = { from: numberOf(first), to: numberOf(last) }
    if (!Number.isNaN(range.from) && !Number.isNaN(range.to)) return range
    context.addIssue({ code: 'custom', message: `"${given}" is no ${what}` })
    return z.NEVER
  })

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day is HH:MM')
  .transform(given => Number(given.slice(0, 2)) * 60 + Number(given.slice(3)))

const location = z.string().refine(zone => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}, 'an IANA time zone such as Europe/Berlin')

const timeInterval = z
  .strictObject({
    times: z.array(z.strictObject({ start_time: timeOfDay, end_time: timeOfDay })).optional(),
    weekdays: z.array(numberRange(WEEKDAYS, 0, 'weekday')).optional(),
    days_of_month: z.array(numberRange([], 0, 'day of a month')).optional(),
    months: z.array(numberRange(MONTHS, 1, 'month')).optional(),
    years: z.array(numberRange([], 0, 'year')).optional(),
    location: location.optional(),
  })
  .transform(
    (given): TimeInterval => ({
      times: given.times?.map(({ start_time, end_time }) => ({ from: start_time, to: end_time })),
      weekdays: given.weekdays,
      daysOfMonth: given.days_of_month,
      months: given.months,
      years: given.years,
      location: given.location,
    }),
  )

/** How alerts reach people: `channels.yaml`. */
export interface Notifying {
  readonly channels: Readonly<Record<string, ChannelConfig>>
  /** Names of channels under one name; one with none hears and tells nobody (the weekly digest reads the history). */
  readonly receivers: Readonly<Record<string, readonly string[]>>
  readonly route: Route
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: Readonly<Record<string, readonly TimeInterval[]>>
}

function* receiversOf(node: Route): Generator<string> {
  if (node.receiver !== undefined) yield node.receiver
  for (const step of node.escalate ?? []) yield step.receiver
  for (const child of node.routes) yield* receiversOf(child)
}

function* intervalsOf(node: Route): Generator<string> {
  yield* node.muteTimeIntervals ?? []
  yield* node.activeTimeIntervals ?? []
  for (const child of node.routes) yield* intervalsOf(child)
}

const channelName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'a name has lower-case letters, digits, _ and -')

export const channelsFile = z
  .strictObject({
    channels: z.record(channelName, channel),
    receivers: z.record(channelName, z.array(z.string())),
    route: routeNode,
    inhibit_rules: z
      .array(
        z.strictObject({ source_matchers: z.array(matcher), target_matchers: z.array(matcher), equal: z.array(z.string()).default([]) }),
      )
      .default([]),
    time_intervals: z.array(z.strictObject({ name: z.string(), time_intervals: z.array(timeInterval) })).default([]),
  })
  .transform((given, context): Notifying => {
    const route = toRoute(given.route)
    const intervals = Object.fromEntries(given.time_intervals.map(one => [one.name, one.time_intervals]))
    const complain = (path: string[], kind: string, found: string, valid: readonly string[]) =>
      context.addIssue({ code: 'custom', path, message: `there is no ${kind} "${found}"; there are ${valid.join(', ') || 'none'}` })
    if (route.receiver === undefined) context.addIssue({ code: 'custom', path: ['route'], message: 'the root route needs a receiver' })
    for (const name of receiversOf(route))
      if (!(name in given.receivers)) complain(['route'], 'receiver', name, Object.keys(given.receivers))
    for (const name of intervalsOf(route)) if (!(name in intervals)) complain(['route'], 'time interval', name, Object.keys(intervals))
    for (const [receiver, names] of Object.entries(given.receivers))
      for (const name of names)
        if (!(name in given.channels)) complain(['receivers', receiver], 'channel', name, Object.keys(given.channels))
    return {
      channels: given.channels,
      receivers: given.receivers,
      route,
      inhibitRules: given.inhibit_rules.map(one => ({
        sourceMatchers: one.source_matchers,
        targetMatchers: one.target_matchers,
        equal: one.equal,
      })),
      timeIntervals: intervals,
    }
  })

const SECRET = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g

/** The channel with its `${NAME}`s filled in, or the names that have no value. `${NAME:-text}` falls back to the text, as in a shell. */
export function fillSecrets(
  config: ChannelConfig,
  lookup: (name: string) => string | undefined,
): { readonly ok: true; readonly config: ChannelConfig } | { readonly ok: false; readonly missing: readonly string[] } {
  const missing = new Set<string>()
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replace(SECRET, (_, name: string, fallback: string | undefined) => {
        const found = lookup(name) || fallback
        if (found === undefined) missing.add(name)
        return found ?? ''
      })
    if (Array.isArray(value)) return value.map(fill)
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]))
    return value
  }
  const filled = fill(config) as ChannelConfig
  return missing.size ? { ok: false, missing: [...missing] } : { ok: true, config: filled }
}
