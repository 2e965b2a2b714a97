import { type ReactNode, useState } from 'react'
import { Dialog } from './dialog.tsx'

interface ConfirmButtonProps {
  /** The text of the button. */
  readonly text: string
  /** Names the button for assistive technology where its text is not enough. */
  readonly label?: string
  /** The question, such as `Delete the key “ci”?`. */
  readonly question: string
  /** The text of the button that confirms. */
  readonly confirm: string
  readonly onConfirm: () => void
  /** The consequences. */
  readonly children: ReactNode
}

/** A small button whose action happens once its dialog is confirmed. */
export function ConfirmButton({ text, label, question, confirm, onConfirm, children }: ConfirmButtonProps) {
  const [asking, setAsking] = useState(false)
  const close = () => setAsking(false)
  return (
    <>
      <button type="button" className="button button-small" aria-label={label} onClick={() => setAsking(true)}>
        {text}
      </button>
      {asking && (
        <Dialog title={question} onClose={close}>
          <p>{children}</p>
          <div className="dialog-actions">
            <button type="button" className="button" onClick={close}>
              Cancel
            </button>
            <button
              type="button"
              className="button button-main"
              onClick={() => {
                close()
                onConfirm()
              }}
            >
              {confirm}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
