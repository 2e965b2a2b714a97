import { useState } from 'react'
import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { DeadLetters, DeadLetterTrial } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { AllClear } from '../components/status.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useProduct } from '../context.ts'
import { formatCount, formatCounted, formatTime, humanize } from '../format.ts'

const REASONS: Readonly<Record<string, string>> = {
  no_version: 'Record not written by Northstar',
  unknown_version: 'Record of a newer version: upgrade, then replay it',
  bad_count: 'Record with an unreadable count',
  ids_do_not_match_count: 'Record whose ids do not match its events',
  bad_tally: 'Record with unreadable rejection counts',
  rows_do_not_match_count: 'Record whose rows do not match its count',
}

const PATH = '/v1/dead-letters?limit=20'
const EVERY_MS = 60_000

/** Events that were accepted but not counted: quarantined ones, and those that could not be stored. */
export function DeadLettersPanel() {
  const [cursors, setCursors] = useState<readonly string[]>([''])
  const newest = useData<DeadLetters>(PATH, EVERY_MS).data?.dead_letters
  return (
    <Panel title="Quarantine and dead letters">
      <p className="quiet">
        Events that were accepted but not counted, because they violate the tracking plan or could not be stored. Newest first.
      </p>
      {newest && newest.length > 0 && <Replay onReplayed={() => setCursors([''])} />}
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

/** Validates the events against the current plan, and replays those that pass. */
function Replay({ onReplayed }: { readonly onReplayed: () => void }) {
  const { problem, mutate } = useMutation([PATH])
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<{ readonly trial: DeadLetterTrial; readonly verb: string }>()
  const run = async (action: 'try' | 'replay', verb: string) => {
    setBusy(true)
    const trial = await mutate(api<DeadLetterTrial>(`/v1/dead-letters/${action}`, { method: 'POST', body: {} }))
    setBusy(false)
    if (!trial) return
    setResult({ trial, verb })
    if (action === 'replay') onReplayed()
  }
  return (
    <>
      <div className="inline-form">
        <button type="button" className="button" disabled={busy} onClick={() => void run('try', 'would pass')}>
          Dry run
        </button>
        <button type="button" className="button" disabled={busy} onClick={() => void run('replay', 'were replayed')}>
          Replay
        </button>
      </div>
      {problem && <ErrorMessage error={problem} />}
      {result && <Result {...result} />}
    </>
  )
}

function Result({ trial: { total, passed, refused }, verb }: { readonly trial: DeadLetterTrial; readonly verb: string }) {
  return (
    <div className="made" role="status">
      <p>
        {formatCount(passed)} of {formatCount(total)} {verb}.
      </p>
      <ul className="rows">
        {Object.entries(refused).map(([reason, count]) => (
          <li key={reason}>
            <code>{reason}</code> <span>{formatCount(count)}</span>
          </li>
        ))}
      </ul>
    </div>
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
  if (!data) return <Placeholder data={data} error={error} path={path} lines={3} />
  const { dead_letters: letters, next } = data
  if (cursor === '' && letters.length === 0) return <AllClear>No quarantined events or dead letters.</AllClear>
  return (
    <>
      <ul className="letters">
        {letters.map(({ at, partition, offset, reason, events, text, base64, withheld }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one record may hold several, in their order
          <li key={`${partition}-${offset}-${index}`}>
            <details>
              <summary>
                <time dateTime={at}>{formatTime(at, zone)}</time> {REASONS[reason] ?? humanize(reason)}
              </summary>
              <p className="quiet">
                {formatCounted(events, 'event')} · partition {formatCount(partition)}, offset {formatCount(offset)}
                {base64 !== undefined && ' · binary, shown as base64'}
              </p>
              {withheld ? (
                <p className="quiet">Hidden: the content may include sensitive properties, which you do not have permission to view.</p>
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
