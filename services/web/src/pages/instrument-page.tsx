import { useState } from 'react'
import { api } from '../api/client.ts'
import { reload, useData } from '../api/store.ts'
import type { Answer, DashboardAnswer, Key, KeyEvents, routes } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { Fact, Facts } from '../components/facts.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { Segments } from '../components/segments.tsx'
import { Table } from '../components/table.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatTime, humanize } from '../format.ts'
import { LANGUAGES, type Language, SNIPPETS } from '../instrument/snippets.ts'

const KEYS = '/v1/keys'
const DASHBOARD = '/v1/dashboard'
const EVENTS_MS = 2_000
/** The key of the settings. */
const CONFIGURED = 'settings'

type CreatedKey = Answer<typeof routes.keys.create>

/** Code that sends first events, and the last events of a key. */
export function InstrumentPage() {
  const keys = useData<Answer<typeof routes.keys.list>>(KEYS)
  const dashboard = useData<DashboardAnswer>(DASHBOARD)
  const error = keys.error ?? dashboard.error
  return (
    <>
      <PageHead title="Instrument" lead="Send events from a program, and watch them arrive." />
      {keys.data && dashboard.data ? (
        <Instrument keys={keys.data.keys.filter(({ kind }) => kind === 'write')} dashboard={dashboard.data} />
      ) : error ? (
        <ErrorMessage error={error} onRetry={() => void Promise.all([reload(KEYS), reload(DASHBOARD)])} />
      ) : (
        <Skeleton lines={12} />
      )}
    </>
  )
}

function Instrument({ keys, dashboard }: { readonly keys: readonly Key[]; readonly dashboard: DashboardAnswer }) {
  const { problem, mutate } = useMutation([KEYS])
  const [id, setId] = useState<string>(dashboard.writeKey ? CONFIGURED : (keys[0]?.id ?? CONFIGURED))
  const [created, setCreated] = useState<CreatedKey>()
  const [language, setLanguage] = useState<Language>('shell')
  const createTestKey = async () => {
    const body = { kind: 'write', name: 'Instrumenting', environment: 'test' }
    const made = await mutate(api<CreatedKey>(KEYS, { method: 'POST', body }))
    if (!made) return
    setCreated(made)
    setId(made.id)
  }
  const writeKey = id === created?.id ? created.key : id === CONFIGURED ? dashboard.writeKey : undefined
  const isTest = keys.some(key => key.id === id && key.environment !== 'production')
  const snippet = SNIPPETS[language]({ url: location.origin, writeKey: writeKey ?? 'YOUR_WRITE_KEY', example: dashboard.example })
  return (
    <div className="grid">
      <Panel title="Send an event" className="instrument">
        <div className="inline-form">
          <label className="field">
            Write key
            <select value={id} onChange={event => setId(event.target.value)}>
              {dashboard.writeKey && <option value={CONFIGURED}>Configured key (production)</option>}
              {keys.map(key => (
                <option key={key.id} value={key.id}>
                  {key.name} ({key.environment})
                </option>
              ))}
            </select>
          </label>
          <button type="button" className="button" onClick={() => void createTestKey()}>
            Create a test key
          </button>
        </div>
        {problem && <ErrorMessage error={problem} />}
        <p className="quiet">
          {isTest
            ? 'Events of this key are checked and shown below; no metric counts them.'
            : 'Events of this key are stored and counted. Use a test key to try things out.'}
          {!writeKey && ' A key is shown only when it is created: replace YOUR_WRITE_KEY with it.'}
        </p>
        <Segments
          name="language"
          label="Language"
          value={language}
          options={LANGUAGES}
          onChange={value => setLanguage(value as Language)}
        />
        <CopyBlock text={snippet} label="Copy the lines" />
      </Panel>
      <Events key={id} id={id} />
      <Guide />
    </div>
  )
}

const rowsOf = (events: KeyEvents['events']) => [
  ['at', 'event', 'outcome', 'code', 'message'],
  ...events.map(({ at, event, refused, outcome }) => [
    at,
    event,
    refused ? (outcome ?? 'rejected') : 'accepted',
    refused?.code,
    refused?.message,
  ]),
]

function Events({ id }: { readonly id: string }) {
  const path = `${KEYS}/${encodeURIComponent(id)}/events`
  const { data, error } = useData<KeyEvents>(path, EVENTS_MS)
  const { zone } = useProduct()
  return (
    <Panel title="Last events">
      {error && !data ? (
        <ErrorMessage error={error} onRetry={() => void reload(path)} />
      ) : (
        <p className="quiet">{data ? countsText(data) : 'Loading…'}</p>
      )}
      <Exportable file="last-events" title="Last events" rows={() => rowsOf(data?.events ?? [])}>
        <Table label="Events of the key" frame="live-list" columns={['Time', 'Event', 'Result']}>
          {data?.events.map(({ at, event, refused, outcome }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: equal events of one moment are alike
            <tr key={`${at} ${place}`}>
              <td>{formatTime(at, zone)}</td>
              <td>{event === null ? <span className="quiet">(name not shown)</span> : <code>{event}</code>}</td>
              <td className="text-cell">
                {refused ? (
                  <>
                    {outcome === undefined ? 'Rejected' : humanize(outcome)} (<code>{refused.code}</code>): {refused.message}
                  </>
                ) : (
                  'Accepted'
                )}
              </td>
            </tr>
          ))}
        </Table>
      </Exportable>
    </Panel>
  )
}

const countsText = ({ last_used_at, accepted, rejected }: KeyEvents): string =>
  last_used_at === null
    ? 'No events yet. They appear here within a few seconds.'
    : `${formatCount(accepted)} accepted and ${formatCount(rejected)} rejected in the last 30 days.`

const GUIDE: readonly (readonly [term: string, text: string])[] = [
  ['Ids', 'Give each event a random id and keep it across retries. An id sent again is accepted and counted once.'],
  ['Users', 'Send a random id of the installation, never a name or a mail address. Northstar stores a keyed hash of it.'],
  ['Sessions', 'One random id for each run of a program. The crash rate counts sessions.'],
  ['Versions', 'Send version with every event: releases are found and compared by it.'],
  ['Batches', 'Up to 50,000 events or 5 MB a request, as an array or NDJSON, compressed with gzip. Send every few seconds.'],
  [
    'Offline',
    'Keep events on disk with the time at which they happened. Send the current time as the query parameter sent_at, so that a wrong clock is corrected.',
  ],
  ['Retries', 'After 429, 503 or no answer wait (Retry-After, else longer each time) and send the same again. Drop what was rejected.'],
  ['Opting out', 'Respect DO_NOT_TRACK, show a notice before anything is sent, and offer enable, disable, status and preview.'],
]

function Guide() {
  return (
    <Panel title="Client guidelines">
      <p className="quiet">The SDK for TypeScript does all of this. In other languages:</p>
      <Facts className="terms">
        {GUIDE.map(([term, text]) => (
          <Fact key={term} name={term}>
            {text}
          </Fact>
        ))}
      </Facts>
    </Panel>
  )
}
