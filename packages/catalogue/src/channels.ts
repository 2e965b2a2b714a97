import { z } from 'zod'
import { duration } from './alert-rules.ts'
import { type ChannelConfig, channel } from './channel-config.ts'
import { channelsMistakes } from './channels-mistakes.ts'

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

const escalation = z.strictObject({
  after: duration.describe('How long after the first notification.'),
  receiver: z.string().describe('Whom to tell.'),
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
  /** Whom to tell when nobody has acknowledged so long after the first notification. */
  readonly escalate?: readonly { readonly after: number; readonly receiver: string }[]
  readonly routes: readonly Route[]
}

const routeFields = {
  receiver: z.string().optional().describe('Whom to tell: one of the receivers. Default: as the route above.'),
  matchers: z.array(matcher).default([]).describe('The alerts that go this way, all matchers holding: severity="P0", alertname=~"low_.*".'),
  group_by: z.array(z.string()).optional().describe('Labels whose values make one message; ["..."] makes one of each alert.'),
  group_wait: duration.optional().describe('How long a new group waits for further alerts.'),
  group_interval: duration.optional().describe('How long after a message the group’s next news waits.'),
  repeat_interval: duration.optional().describe('After how long what still fires is told again.'),
  continue: z.boolean().default(false).describe('Whether the routes after this one are tried too.'),
  mute_time_intervals: z.array(z.string()).optional().describe('When nobody is told: names of time_intervals.'),
  active_time_intervals: z.array(z.string()).optional().describe('When alone anybody is told: names of time_intervals.'),
  escalate: z.array(escalation).optional().describe('Whom else to tell of what nobody has acknowledged.'),
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

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
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
    times: z
      .array(
        z.strictObject({
          start_time: timeOfDay.describe('HH:MM, included.'),
          end_time: timeOfDay.describe('HH:MM, excluded; 24:00 is the end of the day.'),
        }),
      )
      .optional()
      .describe('Times of the day.'),
    weekdays: z
      .array(numberRange(WEEKDAYS, 0, 'weekday'))
      .optional()
      .describe('Days, or ranges such as monday:friday.'),
    days_of_month: z
      .array(numberRange([], 0, 'day of a month'))
      .optional()
      .describe('Days, or ranges such as 1:7; -1 is the last one of the month.'),
    months: z
      .array(numberRange(MONTHS, 1, 'month'))
      .optional()
      .describe('Months by name or number, or ranges such as june:august.'),
    years: z
      .array(numberRange([], 0, 'year'))
      .optional()
      .describe('Years, or ranges such as 2026:2028.'),
    location: location.optional().describe('The IANA time zone, such as Europe/Berlin. Default: UTC.'),
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

const timeOfDigest = timeOfDay.refine(minute => minute < 1_440, 'a day ends before 24:00')

/** Alerts that wait for the week's letter: all that route to a receiver, in one message a week. */
export interface Digest {
  readonly receiver: string
  readonly channels: readonly string[]
  /** 0 is Sunday. */
  readonly weekday: number
  /** Of the day, in the product's zone. */
  readonly minute: number
}

const digest = z
  .strictObject({
    receiver: z.string().describe('The receiver whose alerts wait for the letter.'),
    channels: z.array(z.string()).min(1).describe('The channels that the letter goes to.'),
    weekday: z.enum(WEEKDAYS).describe('The day on which it is written.'),
    at: timeOfDigest.describe('HH:MM in the product’s time zone.'),
  })
  .transform(({ receiver, channels, weekday, at }): Digest => ({ receiver, channels, weekday: WEEKDAYS.indexOf(weekday), minute: at }))

/** How alerts reach people: `channels.yaml`. */
export interface Notifying {
  readonly channels: Readonly<Record<string, ChannelConfig>>
  /** Names of channels under one name; one with none tells nobody (a digest reads the history). */
  readonly receivers: Readonly<Record<string, readonly string[]>>
  readonly route: Route
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: Readonly<Record<string, readonly TimeInterval[]>>
  readonly digests: readonly Digest[]
}

const channelName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'a name has lower-case letters, digits, _ and -')

const inhibitRule = z.strictObject({
  source_matchers: z.array(matcher).describe('The alerts that mute while they fire.'),
  target_matchers: z.array(matcher).describe('The alerts that are muted.'),
  equal: z.array(z.string()).default([]).describe('Labels that must be alike in both.'),
})

const namedIntervals = z.strictObject({
  name: z.string().describe('The name by which routes find it.'),
  time_intervals: z.array(timeInterval).describe('Any of them; of one, all that is given must hold.'),
})

const file = z
  .strictObject({
    channels: z.record(channelName, channel).describe('The addresses to tell, by name.'),
    receivers: z
      .record(channelName, z.array(z.string()))
      .describe('Channels under one name; one without any tells nobody, as for a digest.'),
    route: routeNode.describe('Which alerts go to which receiver.'),
    inhibit_rules: z.array(inhibitRule).default([]).describe('Alerts that mute others.'),
    time_intervals: z.array(namedIntervals).default([]).describe('Times that routes are muted or active at.'),
    digests: z.array(digest).default([]).describe('Weekly letters of what is worth no message of its own.'),
  })
  .describe('How alerts reach people. ${NAME} is read from the environment.')

const toNotifying = (given: z.output<typeof file>): Notifying => ({
  channels: given.channels,
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

/** `channels.yaml` by its form alone, for who asks for the {@link channelsMistakes} too. */
export const channelsForm = file.transform(toNotifying)

export const channelsFile = file
  .superRefine((given, context) => {
    for (const { path, message } of channelsMistakes(given)) context.addIssue({ code: 'custom', path: [...path], message })
  })
  .transform(toNotifying)
