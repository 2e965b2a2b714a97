import type { Commit } from '@northstar/event-log'
import type { GroupPosition } from '@northstar/pipeline'
import { z } from 'zod'

/**
 * The content of the group's commit: everything before `position` is stored, and the records up to `to` are being inserted under one token.
 * The next consumer of the partition repeats exactly that range under the same token.
 */
export interface Announcement {
  readonly position: GroupPosition
  /** Equal to the position's offset when no insert is in progress. */
  readonly to: number
}

const whole = z.number().int().min(0)
const metadataSchema = z.object({ log: z.string(), lastAt: whole, to: whole, windowStart: whole })

export function toCommit({ position, to }: Announcement): Commit {
  const { log, offset, lastAt, windowStart } = position
  return { offset, metadata: JSON.stringify({ log, lastAt, to, windowStart }), keepFrom: windowStart }
}

/** @throws on unknown metadata: a guessed position would lose or duplicate events */
export function fromCommit(commit: Commit | null): Announcement | null {
  if (!commit) return null
  const { to, ...rest } = metadataSchema.parse(JSON.parse(commit.metadata))
  return { position: { offset: commit.offset, ...rest }, to }
}
