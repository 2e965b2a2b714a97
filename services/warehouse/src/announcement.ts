import type { Commit } from '@northstar/event-log'
import { z } from 'zod'

/**
 * What the group's commit says of a partition: everything before `offset` is stored, and the records [offset, to) are being
 * stored right now under one token. Whoever takes over stores exactly that range under that token again.
 */
export interface Announcement {
  readonly offset: number
  /** Equal to `offset` where nothing is under way. */
  readonly to: number
  /** The oldest offset whose events still matter for finding repeats from `offset` on. */
  readonly windowStart: number
}

const metadataSchema = z.object({ to: z.number().int().min(0), windowStart: z.number().int().min(0) })

export function toCommit(announcement: Announcement): Commit {
  const { offset, to, windowStart } = announcement
  return { offset, metadata: JSON.stringify({ to, windowStart }) }
}

/** @throws when the metadata is not ours: storing on from a guess would lose or double events. */
export function fromCommit(commit: Commit | null): Announcement | null {
  if (!commit) return null
  const { to, windowStart } = metadataSchema.parse(JSON.parse(commit.metadata))
  return { offset: commit.offset, to, windowStart }
}
