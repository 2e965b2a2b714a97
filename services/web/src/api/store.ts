import { useEffect, useState, useSyncExternalStore } from 'react'
import { type ApiError, apiErrorOf } from './client.ts'
import { readTogether } from './together.ts'

/** A cached answer: the last data stays while it is read again or fails. */
export interface Loaded<T> {
  readonly data?: T
  readonly error?: ApiError
  /** When the data arrived, epoch ms. */
  readonly at?: number
}

interface Entry {
  loaded: Loaded<unknown>
  running: boolean
  readonly listeners: Set<() => void>
}

/** Maximum age of an answer that is shown, ms. */
const REFRESH_MS = 15 * 60_000
const RETRY_MS = 10_000
const EMPTY: Loaded<never> = {}

const entries = new Map<string, Entry>()
let onUnauthorized: () => void = () => {}

/** Registers a listener for 401 answers: the session has ended. */
export function onUnauthorizedAnswer(listener: () => void): void {
  onUnauthorized = listener
}

function entryOf(path: string): Entry {
  const found = entries.get(path)
  if (found) return found
  const made: Entry = { loaded: EMPTY, running: false, listeners: new Set() }
  entries.set(path, made)
  return made
}

/** Reads the path again and notifies its listeners. */
export async function reload(path: string): Promise<void> {
  const entry = entryOf(path)
  if (entry.running) return
  entry.running = true
  try {
    entry.loaded = { data: await readTogether(path), at: Date.now() }
  } catch (error) {
    const problem = apiErrorOf(error)
    if (problem.status === 401) onUnauthorized()
    entry.loaded = { ...entry.loaded, error: problem }
  } finally {
    entry.running = false
  }
  for (const listener of entry.listeners) listener()
}

/** Reloads every answer that is shown and drops the others. */
export function reloadAll(): void {
  for (const [path, entry] of entries) {
    if (entry.listeners.size > 0) void reload(path)
    else entries.delete(path)
  }
}

/** Drops all answers: another user may see different data. */
export function clearCache(): void {
  for (const [path, entry] of entries) {
    entry.loaded = EMPTY
    if (entry.listeners.size === 0) entries.delete(path)
    for (const listener of entry.listeners) listener()
  }
}

function isStale({ loaded }: Entry, everyMs: number): boolean {
  if (loaded.error) return true
  return loaded.at === undefined || Date.now() - loaded.at >= everyMs
}

/** Reads the path now and every `everyMs` while the page is visible. Returns a function that stops it. */
function watch(path: string, everyMs: number): () => void {
  const entry = entryOf(path)
  const refresh = () => {
    if (!document.hidden && isStale(entry, everyMs)) void reload(path)
  }
  refresh()
  const timer = setInterval(refresh, Math.min(everyMs, RETRY_MS))
  document.addEventListener('visibilitychange', refresh)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', refresh)
  }
}

/** The answers of several GETs, in order. Paths must not contain spaces. */
export function useAll<T>(paths: readonly string[], everyMs = REFRESH_MS): readonly Loaded<T>[] {
  const [, render] = useState(0)
  const key = paths.join(' ')
  useEffect(() => {
    const changed = () => render(count => count + 1)
    const ends = (key === '' ? [] : key.split(' ')).map(path => {
      const { listeners } = entryOf(path)
      listeners.add(changed)
      const end = watch(path, everyMs)
      return () => {
        end()
        listeners.delete(changed)
      }
    })
    return () => {
      for (const end of ends) end()
    }
  }, [key, everyMs])
  return paths.map(path => entryOf(path).loaded as Loaded<T>)
}

/** The answer of a GET, shared by all components and read again every `everyMs`. A null path reads nothing. */
export function useData<T>(path: string | null, everyMs = REFRESH_MS): Loaded<T> {
  useEffect(() => (path === null ? undefined : watch(path, everyMs)), [path, everyMs])
  return useSyncExternalStore(
    listener => {
      if (path === null) return () => {}
      const { listeners } = entryOf(path)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => (path === null ? EMPTY : entryOf(path).loaded),
  ) as Loaded<T>
}

/** Arrival of the newest answer that is shown, epoch ms. */
export function newestAnswerTime(): number | undefined {
  const times = [...entries.values()].flatMap(({ loaded, listeners }) => (listeners.size > 0 && loaded.at ? [loaded.at] : []))
  return times.length > 0 ? Math.max(...times) : undefined
}
