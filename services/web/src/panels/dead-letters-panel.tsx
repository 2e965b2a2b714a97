import { useState } from 'react'
import { reload, useData } from '../api/store.ts'
import type { DeadLetters } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { Icon } from '../components/icon.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatTime, humanize } from '../format.ts'

const REASONS: Readonly<Record<string, string>> = {
  no_version: 'Record not written by Northstar',
  unknown_version: 'Record of a newer version: upgrade, then replay it',
  bad_count: 'Record with an unreadable count',
  ids_do_not_match_count: 'Record whose ids do not match its events',
  bad_tally: 'Record with unreadable rejection counts',
  lines_do_not_match_count: 'Record whose lines do not match its events',
  not_json: 'Not JSON',
  not_a_row: 'JSON that is not an event',
}

const PATH = '/v1/dead-letters?limit=20'
const EVERY_MS = 60_000

/** Events that were accepted and could not be stored. */
export function DeadLettersPanel() {
  const [cursors, setCursors] = useState<readonly string[]>([''])
  return (
    <Panel title="Dead letters">
      <p className="quiet">Events that were accepted but could not be stored, newest first, with the reason.</p>
      {cursors.map((cursor, index) => (
        <Page
          key={cursor}
          cursor={cursor}
          last={index === cursors.length - 1}
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
  if (!data) return error ? <ErrorMessage error={error} onRetry={() => void reload(path)} /> : <Skeleton lines={3} />
  const { dead_letters: letters, next } = data
  if (cursor === '' && letters.length === 0)
    return (
      <p className="all-clear">
        <Icon name="check" /> No dead letters.
      </p>
    )
  return (
    <>
      <ul className="letters">
        {letters.map(({ at, partition, offset, reason, text, base64, withheld }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one record may hold several, in their order
          <li key={`${partition}-${offset}-${index}`}>
            <details>
              <summary>
                <time dateTime={at}>{formatTime(at, zone)}</time> {REASONS[reason] ?? humanize(reason)}
              </summary>
              <p className="quiet">
                Partition {formatCount(partition)}, offset {formatCount(offset)}
                {base64 !== undefined && ' · binary, shown as base64'}
              </p>
              {withheld ? (
                <p className="quiet">The content may hold sensitive properties, which you have no right to see.</p>
              ) : (
                <CopyBlock text={text ?? base64 ?? ''} label="Copy the dead letter" />
              )}
            </details>
          </li>
        ))}
      </ul>
      {last && next !== null && (
        <button type="button" className="button button-small" onClick={() => onOlder(next)}>
          Show older
        </button>
      )}
    </>
  )
}
