import { randomUUID } from 'node:crypto'
import { DAY_MS, iso } from '@northstar/catalogue'
import type { AlertComment } from '@northstar/http-api'
import type { StateStore } from '@northstar/state'

/** `alerts/comments/FINGERPRINT/TIME-ID`. */
const COMMENTS = 'alerts/comments/'
const KEPT_MS = 2 * 366 * DAY_MS

const folderOf = (fingerprint: string) => `${COMMENTS}${fingerprint}/`

export interface NewComment {
  readonly fingerprint: string
  readonly rule: string
  readonly by: string
  readonly text: string
}

export async function addComment(state: StateStore, given: NewComment, now: number): Promise<AlertComment> {
  const comment: AlertComment = { id: randomUUID(), at: iso(now), ...given }
  await state.put(`${folderOf(given.fingerprint)}${String(now).padStart(15, '0')}-${comment.id}`, comment)
  return comment
}

/** The comments on one alert, or on all of them, newest first. */
export async function readComments(state: StateStore, fingerprint?: string): Promise<readonly AlertComment[]> {
  const found = await state.list<AlertComment>(fingerprint === undefined ? COMMENTS : folderOf(fingerprint))
  return found.map(({ value }) => value).toSorted((a, b) => b.at.localeCompare(a.at))
}

/** Deletes comments older than two years. */
export async function pruneComments(state: StateStore, now: number): Promise<void> {
  for (const { key, value } of await state.list<AlertComment>(COMMENTS)) if (now - Date.parse(value.at) > KEPT_MS) await state.delete(key)
}
