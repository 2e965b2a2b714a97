import { useRef, useState } from 'react'
import { Icon } from './icon.tsx'

/** Preformatted text with a button that copies it. */
export function CopyBlock({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false)
  const code = useRef<HTMLElement>(null)
  const copy = async () => {
    setCopied(await copyText(text, code.current))
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <div className="copy-block">
      <pre>
        <code ref={code}>{text}</code>
      </pre>
      <button type="button" className="button button-small" onClick={() => void copy()} aria-label={copied ? 'Copied' : label}>
        <Icon name={copied ? 'check' : 'copy'} size={14} /> <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  )
}

/** Over plain HTTP browsers have no clipboard, but copy the selected text; where they refuse, the text stays selected for the keyboard. */
async function copyText(text: string, element: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (element) getSelection()?.selectAllChildren(element)
    return document.execCommand('copy')
  }
}
