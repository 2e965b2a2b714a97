import { useState } from 'react'
import { Icon } from './icon.tsx'

/** Preformatted text with a button that copies it. */
export function CopyBlock({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true)
        setTimeout(() => setCopied(false), 2_000)
      },
      () => setCopied(false),
    )
  }
  return (
    <div className="copy-block">
      <pre>
        <code>{text}</code>
      </pre>
      <button type="button" className="button button-small" onClick={copy} aria-label={copied ? 'Copied' : label}>
        <Icon name={copied ? 'check' : 'copy'} size={14} /> <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  )
}
