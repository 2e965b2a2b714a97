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
  ['1h', 'One hour'],
  ['4h', 'Four hours'],
  ['1d', 'A day'],
  ['7d', 'A week'],
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
        <p className="quiet">It goes on being watched; nobody is told of it.</p>
        <label className="field">
          For
          <select name="duration" defaultValue="4h">
            {DURATIONS.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          Why
          <input name="comment" required maxLength={500} placeholder="Known; a fix is on its way" />
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
