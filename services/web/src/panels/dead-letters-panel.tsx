import { useState } from 'react'
import { reload, useData } from '../api/store.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { Icon } from '../components/icon.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatTime, humanize } from '../format.ts'

/** `GET /v1/dead-letters`. */
interface DeadLetters {
  readonly dead_letters: readonly {
    readonly at: string
    readonly partition: number
    readonly offset: number
    readonly reason: string
    readonly text?: string
    readonly base64?: string
  }[]
  readonly next: string | null
}

const REASONS: Readonly<Record<string, string>> = {
  no_version: 'A record that Northstar did not write',
  unknown_version: 'A record of a newer Northstar: upgrade, then send it again',
  bad_count: 'A record whose count cannot be read',
  ids_do_not_match_count: 'A record with more or fewer ids than events',
  bad_tally: 'A record whose tally of refusals cannot be read',
  lines_do_not_match_count: 'A record with more or fewer lines than events',
  not_json: 'No JSON',
  not_a_row: 'JSON that is no event',
}

const PATH = '/v1/dead-letters?limit=20'
const EVERY_MS = 60_000

/** What was accepted and could not be stored, to browse. */
export function DeadLettersPanel() {
  const [cursors, setCursors] = useState<readonly string[]>([''])
  return (
    <Panel title="Dead letters">
      <p className="quiet">
        Events that were accepted and could not be stored, with the reason, the latest first. None is ever dropped in silence.
      </p>
      {cursors.map((cursor, place) => (
        <Page
          key={cursor}
          cursor={cursor}
          last={place === cursors.length - 1}
          onOlder={next => setCursors(cursors.includes(next) ? cursors : [...cursors, next])}
        />
      ))}
    </Panel>
  )
}

interface PageProps {
  readonly cursor: string
  readonly last: boolean
  readonly onOlder: (next: string) => void
}

function Page({ cursor, last, onOlder }: PageProps) {
  const path = cursor === '' ? PATH : `${PATH}&before=${cursor}`
  const { data, error } = useData<DeadLetters>(path, EVERY_MS)
  const { zone } = useProduct()
  if (!data) return error ? <Trouble error={error} onRetry={() => void reload(path)} /> : <Skeleton lines={3} />
  const { dead_letters: letters, next } = data
  if (cursor === '' && letters.length === 0)
    return (
      <p className="calm">
        <Icon name="check" /> There are none.
      </p>
    )
  return (
    <>
      <ul className="letters">
        {letters.map(({ at, partition, offset, reason, text, base64 }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one record may hold several, in their order
          <li key={`${partition}-${offset}-${place}`}>
            <details>
              <summary>
                <time dateTime={at}>{formatTime(at, zone)}</time> {REASONS[reason] ?? humanize(reason)}
              </summary>
              <p className="quiet">
                Partition {formatCount(partition)}, offset {formatCount(offset)}
                {base64 !== undefined && '; it is no text, so it stands here as base64'}
              </p>
              <CopyBlock text={text ?? base64 ?? ''} label="Copy what could not be stored" />
            </details>
          </li>
        ))}
      </ul>
      {last && next !== null && (
        <button type="button" className="button button-small" onClick={() => onOlder(next)}>
          Show older ones
        </button>
      )}
    </>
  )
}
