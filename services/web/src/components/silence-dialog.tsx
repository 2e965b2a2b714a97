import type { FormEvent } from 'react'
import type { Alert } from '../api/types.ts'
import { humanize } from '../format.ts'
import { Dialog } from './dialog.tsx'

interface SilenceDialogProps {
  readonly alert: Alert
  readonly onClose: () => void
  readonly onSilence: (duration: string, comment: string) => void
}

const DURATIONS = [
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['1d', '1 day'],
  ['7d', '7 days'],
] as const

export function SilenceDialog({ alert, onClose, onSilence }: SilenceDialogProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    onSilence(String(given.get('duration')), String(given.get('comment') ?? '').trim())
  }
  return (
    <Dialog title={`Silence “${humanize(alert.rule)}”`} onClose={onClose}>
      <form onSubmit={submit}>
        <p className="quiet">The alert is still evaluated, but sends no notifications.</p>
        <label className="field">
          Duration
          <select name="duration" defaultValue="4h">
            {DURATIONS.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          Comment
          <input name="comment" required maxLength={500} placeholder="Known issue, fix in progress" />
        </label>
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
