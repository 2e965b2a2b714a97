import { type FormEvent, useEffect, useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import type { Silence, SilencePreview } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { formatCounted, formatTime } from '../format.ts'
import { linesOf } from '../lines.ts'
import { propertyTitle, ruleTitle } from '../titles.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { ErrorMessage } from './panel.tsx'
import { Severity } from './status.tsx'
import { useMutation } from './use-mutation.ts'

export const SILENCES = '/v1/silences'

interface SilenceDialogProps {
  /** One matcher per line, such as `severity="P1"`. */
  readonly matchers: string
  /** Paths to read again once the silence is created. */
  readonly paths: readonly string[]
  readonly onClose: () => void
}

const DURATIONS = [
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['1d', '1 day'],
  ['7d', '7 days'],
  ['', 'Until …'],
] as const

const DURATION_MS: Readonly<Record<string, number>> = { '1h': 3_600_000, '4h': 14_400_000, '1d': 86_400_000, '7d': 604_800_000 }

/** Matchers of an alert's labels, one per line. The severity is left out, since it may change while the silence lasts. */
export const matchersOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .filter(([name]) => name !== 'severity' && name !== 'product')
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join('\n')

/** The form of a new silence, with a preview of its matches. */
export function SilenceDialog({ matchers: initial, paths, onClose }: SilenceDialogProps) {
  const { zone } = useProduct()
  const [text, setText] = useState(initial)
  const [duration, setDuration] = useState('4h')
  const { problem, mutate } = useMutation(paths)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const end = duration === '' ? { endsAt: String(given.get('until')) } : { duration }
    const body = { matchers: linesOf(text), ...end, comment: String(given.get('comment')).trim() }
    const created = await mutate(api<Silence>(SILENCES, { method: 'POST', body }))
    if (created) onClose()
  }
  const lasts = DURATION_MS[duration]
  return (
    <Dialog title="New silence" onClose={onClose}>
      <form onSubmit={event => void submit(event)}>
        <p className="quiet">Alerts that match are still evaluated, but nobody is notified of them.</p>
        <label className="field">
          Matchers, one per line
          <textarea
            name="matchers"
            rows={Math.min(6, Math.max(2, text.split('\n').length))}
            required
            spellCheck={false}
            className="code-field"
            value={text}
            placeholder={'alertname="low_csat"\nseverity=~"P1|P2"'}
            onChange={event => setText(event.target.value)}
          />
        </label>
        <Preview text={text} />
        <label className="field">
          Duration
          <select value={duration} onChange={event => setDuration(event.target.value)}>
            {DURATIONS.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {lasts === undefined ? (
          <label className="field">
            Ends at ({zone})
            <input type="datetime-local" name="until" required />
          </label>
        ) : (
          <p className="quiet">Ends {formatTime(Date.now() + lasts, zone)}.</p>
        )}
        <label className="field">
          Comment
          <input name="comment" required maxLength={500} placeholder="Known issue, fix in progress" />
        </label>
        {problem && <ErrorMessage error={problem} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-main">
            Silence
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const TYPING_MS = 250

type Previewed = { readonly found: SilencePreview } | { readonly problem: string }

/** The active alerts and rules that the matchers match, or the mistake in them. */
function Preview({ text }: { readonly text: string }) {
  const [previewed, setPreviewed] = useState<Previewed>()
  useEffect(() => {
    const lines = linesOf(text)
    if (lines.length === 0) return setPreviewed(undefined)
    const abort = new AbortController()
    const timer = setTimeout(() => {
      const query = new URLSearchParams(lines.map(line => ['matcher', line]))
      api<SilencePreview>(`${SILENCES}/preview?${query}`, { signal: abort.signal }).then(
        found => setPreviewed({ found }),
        (reason: unknown) => {
          if (reason instanceof ApiError) setPreviewed({ problem: reason.message })
        },
      )
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [text])
  return (
    <div className="silence-preview" role="status">
      {previewed === undefined ? <p className="quiet">Enter a matcher to preview its matches.</p> : <Matched previewed={previewed} />}
    </div>
  )
}

function Matched({ previewed }: { readonly previewed: Previewed }) {
  if ('problem' in previewed)
    return (
      <p className="silence-warning">
        <Icon name="warning" size={14} /> {previewed.problem}
      </p>
    )
  const { alerts, rules, warnings } = previewed.found
  return (
    <>
      {warnings.map(warning => (
        <p key={warning} className="silence-warning">
          <Icon name="warning" size={14} /> {warning}
        </p>
      ))}
      {warnings.length === 0 && (
        <p>
          Matches <strong>{formatCounted(alerts.length, 'active alert')}</strong> and <strong>{formatCounted(rules.length, 'rule')}</strong>
          .
        </p>
      )}
      <ul className="episodes">
        {alerts.map(({ fingerprint, severity, summary }) => (
          <li key={fingerprint}>
            <Severity level={severity} /> {summary}
          </li>
        ))}
        {rules.map(({ rule, severity, by }) => (
          <li key={rule} className="quiet">
            <Severity level={severity} /> {ruleTitle(rule)}
            {by !== null && `, each ${propertyTitle(by).toLowerCase()} that matches`}
          </li>
        ))}
      </ul>
    </>
  )
}
