import { useState } from 'react'
import { Icon } from './icon.tsx'

/** Text to take along, with a button that copies it. */
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
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label} className="copy-text">
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      <button type="button" className="button button-small" onClick={copy}>
        <Icon name={copied ? 'check' : 'copy'} size={14} /> <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  )
}
