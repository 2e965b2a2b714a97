/**
 * The keys of a partition share a hash tag, so that one script may use all of them in a cluster. A hash holds one group's fields in
 * one bucket: such a hash is small, so Redis stores it compactly and adds to it fast, and a reader fetches only the groups that it needs.
 */
import type { BucketKey } from '../buckets.ts'
import { decodePosition, type Position } from '../position.ts'

export const tagOf = (product: string, partition: number): string => `{northstar:${product}:${partition}}`

export const positionKey = (tag: string): string => `${tag}:position`

export const hashKey = (tag: string, bucket: BucketKey, group: string): string => `${tag}:${bucket}:${group}`

export const setKey = (tag: string, bucket: BucketKey, field: string): string => `${tag}:u:${bucket}:${field}`

/** The value of a {@link positionKey}; null if there is none. */
export const decodeFound = (text: string | null): Position | null => (text ? decodePosition(text) : null)
