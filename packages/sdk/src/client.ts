import { type ConsentReason, createConsent, type ProfileStore } from './consent.ts'
import { scrub, scrubStack } from './scrub.ts'
import { type Refused, sendSpooled } from './send.ts'
import { createSessions, type SessionStore } from './session.ts'
import type { Spool, SpoolLock } from './spool.ts'

/** A property's value as a program passes it. An error is sent as its kind and frames, without its message. */
export type Value = string | number | boolean | Error | null | undefined

/** The types that `northstar plan types` writes: the properties of each event by its name. */
export type Plan<P> = { readonly [E in keyof P]: object }

export interface ClientConfig<P extends Plan<P>> {
  /** Address of Northstar, such as `https://telemetry.example.com`. */
  readonly url: string
  readonly writeKey: string
  /** The program's name in lower case: names the folder or the storage in which events wait. */
  readonly app: string
  /** Properties of every event, such as the platform and the version. */
  readonly common?: Readonly<Record<string, Value>> | undefined
  /**
   * What the first run shows before anything is sent, or false where the program asks its users by itself. Default: a notice that names
   * the app and how to opt out.
   */
  readonly notice?: string | false | undefined
  /** An id that stands for the user, never a name or a mail address; see `hashUserId`. Default: a random one, kept with the consent. */
  readonly userId?: string | undefined
  /** The share of events that is sent, 0 to 1, by event. A count of a sampled event is too low by that share. */
  readonly sample?: Readonly<Partial<Record<keyof P & string, number>>> | undefined
  /** The event of an uncaught error, and its property that takes the stack. */
  readonly crash?: { readonly event: keyof P & string; readonly property: string } | undefined
  /** How long a running program gathers events before it sends them, ms. Default 5,000. */
  readonly flushIntervalMs?: number | undefined
  /** The most that waits, bytes. Default 5 MB; beyond it events are dropped and counted. */
  readonly maxSpoolBytes?: number | undefined
  /** Called for each event that Northstar refused, such as one that the tracking plan does not have. */
  readonly onRefused?: ((refused: Refused) => void) | undefined
}

/** The arguments of an event: none when the plan requires none. */
export type Properties<T> = Partial<Record<keyof T, never>> extends T ? [properties?: WithErrors<T>] : [properties: WithErrors<T>]
/** An optional property may be passed as undefined, also under `exactOptionalPropertyTypes`. */
type WithErrors<T> = {
  readonly [K in keyof T]: (string extends T[K] ? T[K] | Error : T[K]) | (Partial<Record<K, never>> extends Pick<T, K> ? undefined : never)
}

export interface Status {
  /** Whether events are sent. */
  readonly enabled: boolean
  readonly reason: ConsentReason
  /** Events that wait in the spool. */
  readonly waiting: number
  /** Events that this program dropped, since the spool was full. */
  readonly dropped: number
}

/** An event as it is sent. */
export interface SentEvent {
  readonly event: string
  readonly id: string
  /** Epoch ms by this machine's clock. */
  readonly timestamp: number
  readonly user_id: string
  readonly session_id: string
  readonly properties: Readonly<Record<string, string | number | boolean>>
}

export interface Client<P extends Plan<P>> {
  /** Records an event. It survives the end of the program, however it ends, once this returns. Never throws. */
  capture<E extends keyof P & string>(event: E, ...properties: Properties<P[E]>): void
  /** Sends what waits; resolves after 100 ms at the latest, whatever the network does. */
  flush(): Promise<void>
  /** Call it once at the end: what is not sent yet is sent by a process of its own, or by the next start. Takes at most 100 ms. */
  close(): Promise<void>
  /** Opts in; false when the decision cannot be stored. */
  enable(): boolean
  /** Opts out and deletes what waits. */
  disable(): boolean
  status(): Status
  /** The pending events, or those that would be sent after an opt-in: exactly the data that leaves the machine. */
  preview(): readonly SentEvent[]
}

/** The services of a runtime that the client needs. */
export interface Platform {
  readonly spool: Spool
  readonly profiles: ProfileStore
  readonly sessions: SessionStore
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly uuid: () => string
  readonly doNotTrack: () => boolean
  readonly showNotice: (text: string) => void
  readonly onCrash: (listener: (error: Error) => void) => void
  /** The program is about to end, or the page to be left: `listener` cannot wait. */
  readonly onEnd: (listener: () => void) => void
  /** Starts a process that sends the spool after this one has ended, and hands it the lock. False when there can be none. */
  readonly detach: (lock: SpoolLock) => boolean
}

/** How long a flush may hold the program, ms. */
const HOLD_MS = 100
const FLUSH_MS = 5_000
/** How many events are kept for the preview while none is sent. */
const MAX_WITHHELD = 100

const noticeOf = (app: string) =>
  `${app} sends anonymous usage data, so that its makers see what works. Nothing is sent in this first run. Opt out: DO_NOT_TRACK=1.\n`

export function createClientOn<P extends Plan<P>>(config: ClientConfig<P>, platform: Platform): Client<P> {
  const { spool, now, uuid } = platform
  const notice = config.notice ?? noticeOf(config.app)
  const consent = createConsent({
    profiles: platform.profiles,
    uuid,
    doNotTrack: platform.doNotTrack,
    ...(notice !== false && { showNotice: () => platform.showNotice(notice) }),
  })
  const enabled = () => consent.reason() === 'enabled'
  /** Another process may have opted out meanwhile. */
  const stillEnabled = () => {
    consent.refresh()
    if (consent.reason() === 'disabled') spool.clear()
    return enabled()
  }
  const session = createSessions(platform.sessions, { now, uuid })
  const outbox = createOutbox(config, platform, stillEnabled)
  const withheld: string[] = []
  let dropped = 0

  /** Telemetry never breaks its program, so what cannot be recorded is left out. */
  function record(event: string, given: Readonly<Record<string, Value>>): void {
    try {
      add(event, given)
    } catch {}
  }

  function add(event: string, given: Readonly<Record<string, Value>>): void {
    const rate = (config.sample as Readonly<Record<string, number>> | undefined)?.[event] ?? 1
    if (outbox.closed() || (rate < 1 && Math.random() >= rate)) return
    const line = JSON.stringify({
      event,
      id: uuid(),
      timestamp: now(),
      user_id: config.userId ?? consent.user,
      session_id: session(),
      properties: clean({ ...config.common, ...given }),
    } satisfies SentEvent)
    if (!enabled()) {
      withheld.push(line)
      if (withheld.length > MAX_WITHHELD) withheld.shift()
    } else if (spool.add(line)) outbox.schedule()
    else dropped++
  }

  platform.onEnd(outbox.end)
  const { crash } = config
  if (crash) platform.onCrash(error => record(crash.event, { [crash.property]: error }))

  return {
    capture: (event, ...[properties]) => record(event, (properties ?? {}) as Readonly<Record<string, Value>>),
    flush: outbox.flush,
    close: outbox.close,
    enable: () => consent.decide(true),
    disable() {
      outbox.cancel()
      spool.clear()
      return consent.decide(false)
    },
    status() {
      const reason = consent.reason()
      return { enabled: reason === 'enabled', reason, waiting: spool.list().length, dropped }
    },
    preview: () => [...spool.list(), ...withheld].map(line => JSON.parse(line) as SentEvent),
  }
}

/** Sends the spool now and then while the program runs, and once more at its end. */
function createOutbox<P extends Plan<P>>(config: ClientConfig<P>, platform: Platform, enabled: () => boolean) {
  const { spool, now } = platform
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<void> | undefined
  let running = new AbortController()
  let closed = false

  function onRefused(refused: Refused): void {
    try {
      config.onRefused?.(refused)
    } catch {}
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void send().then(() => {
        if (!closed && enabled() && spool.read(1).length > 0) schedule()
      })
    }, config.flushIntervalMs ?? FLUSH_MS)
    // A timer of Node must not keep a program running; a browser's is a number.
    if (typeof timer === 'object') timer.unref()
  }

  function send(): Promise<void> {
    if (!enabled()) return Promise.resolve()
    spool.seal()
    const { signal } = running
    sending ??= sendSpooled(spool, config, { fetch: platform.fetch, now, signal, onRefused })
      .catch(() => {})
      .finally(() => {
        sending = undefined
      })
    return sending
  }

  function end(): void {
    if (closed) return
    closed = true
    clearTimeout(timer)
    if (!enabled()) return
    spool.seal()
    if (spool.read(1).length === 0) return
    const lock = spool.lock()
    // The holder of the lock reads the spool once more after it has released it.
    if (lock === null || platform.detach(lock)) return
    lock.release()
    void send()
  }

  function cancel(): void {
    running.abort()
    running = new AbortController()
  }

  return {
    schedule,
    end,
    cancel,
    closed: () => closed,
    flush: () => within(send(), HOLD_MS),
    async close(): Promise<void> {
      if (closed) return
      if (sending === undefined) end()
      if (sending !== undefined) await within(sending, HOLD_MS)
      end()
      cancel()
    },
  }
}

function clean(given: Readonly<Record<string, Value>>): Record<string, string | number | boolean> {
  const properties: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value instanceof Error) properties[name] = scrubStack(value)
    else if (typeof value === 'string') properties[name] = scrub(value)
    else if (typeof value === 'boolean' || Number.isFinite(value)) properties[name] = value as boolean | number
  }
  return properties
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([
    work,
    new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms)
    }),
  ])
  clearTimeout(timer)
}
