import { gather, type RecordSource } from './gather.ts'
import { type Commit, type Hole, LogChanged, type PartitionClaim, PartitionLost } from './port.ts'

/** A source of records that belongs to one claim. */
export interface ClaimSource extends RecordSource {
  takeHoles(): readonly Hole[]
  end(): void
}

export interface ClaimParts {
  readonly partition: number
  readonly committed: Commit | null
  readonly earliest: number
  readonly run: (claim: PartitionClaim) => Promise<void>
  readonly openSource: (offset: number) => ClaimSource
  /** Rejects with PartitionLost once the membership under which the partition was claimed has ended. */
  readonly commit: (commit: Commit) => Promise<void>
}

export type ClaimOutcome = { readonly kind: 'returned' } | { readonly kind: 'lost' } | { readonly kind: 'threw'; readonly error: unknown }

/** A claim whose handler is running. */
export interface RunningClaim {
  readonly partition: number
  /** Aborts the claim's signal. The handler may still commit until it has settled. */
  abort(): void
  /** Resolves when the handler has settled; never rejects. */
  readonly outcome: Promise<ClaimOutcome>
}

const MAX_METADATA_BYTES = 4096

export function startClaim(parts: ClaimParts, onLost: () => void): RunningClaim {
  const { partition } = parts
  const controller = new AbortController()
  let endReader: (() => void) | undefined
  let settled = false

  function abort(): void {
    controller.abort()
    endReader?.()
  }

  const claim: PartitionClaim = {
    partition,
    committed: parts.committed,
    earliest: parts.earliest,
    signal: controller.signal,
    read(offset) {
      endReader?.()
      const source = parts.openSource(Math.max(offset, parts.earliest))
      const reading = new AbortController()
      endReader = () => {
        reading.abort()
        source.end()
      }
      if (controller.signal.aborted) endReader()
      return { next: (limit = {}) => gather(source, limit, reading.signal), takeHoles: () => source.takeHoles() }
    },
    async commit(commit) {
      if (Buffer.byteLength(commit.metadata) > MAX_METADATA_BYTES)
        throw new RangeError(`commit metadata is over ${MAX_METADATA_BYTES} bytes`)
      if (settled) throw new PartitionLost(partition)
      try {
        await parts.commit(commit)
      } catch (error) {
        if (error instanceof PartitionLost) {
          abort()
          onLost()
        }
        throw error
      }
    },
  }

  async function runHandler(): Promise<ClaimOutcome> {
    try {
      await parts.run(claim)
      return { kind: 'returned' }
    } catch (error) {
      return error instanceof PartitionLost || error instanceof LogChanged ? { kind: 'lost' } : { kind: 'threw', error }
    } finally {
      settled = true
      abort()
    }
  }

  return { partition, abort, outcome: runHandler() }
}
