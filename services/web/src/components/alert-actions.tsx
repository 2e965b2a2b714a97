import { useState } from 'react'
import { api } from '../api/client.ts'
import type { Alert } from '../api/types.ts'
import { useMay } from '../context.ts'
import { Icon } from './icon.tsx'
import { ErrorMessage } from './panel.tsx'
import { matchersOf, SilenceDialog } from './silence-dialog.tsx'
import { useMutation } from './use-mutation.ts'

interface AlertActionsProps {
  readonly alert: Alert
  /** Paths to read again after a change. */
  readonly paths: readonly string[]
}

/** Buttons that acknowledge and silence an alert; none for those who may not, or once it is done. */
export function AlertActions({ alert, paths }: AlertActionsProps) {
  const mayRespond = useMay('responder')
  const [silencing, setSilencing] = useState(false)
  const { problem, mutate } = useMutation(paths)
  if (!mayRespond || alert.state === 'resolved') return null
  const acknowledge = () => mutate(api(`/v1/alerts/${alert.fingerprint}/ack`, { method: 'POST', body: {} }))
  return (
    <>
      {alert.state === 'firing' && !alert.acknowledged_by && (
        <button type="button" className="button button-main" onClick={() => void acknowledge()}>
          <Icon name="check" size={14} /> Acknowledge
        </button>
      )}
      {alert.silenced_by.length === 0 && (
        <button type="button" className="button" onClick={() => setSilencing(true)}>
          <Icon name="mute" size={14} /> Silence
        </button>
      )}
      {problem && <ErrorMessage error={problem} />}
      {silencing && <SilenceDialog matchers={matchersOf(alert.labels)} paths={paths} onClose={() => setSilencing(false)} />}
    </>
  )
}
