import type { ReactNode } from 'react'

/** The Markdown of reports: paragraphs, lists, bold text and escaped characters. The text is never parsed as HTML. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = text.trim().split(/\n{2,}/)
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text as a whole is replaced
        <Block key={index} lines={block.split('\n')} />
      ))}
    </div>
  )
}

function Block({ lines }: { readonly lines: readonly string[] }) {
  const items = lines.filter(line => line.startsWith('- '))
  const others = lines.filter(line => !line.startsWith('- '))
  return (
    <>
      {others.map(line => (
        <p key={line}>{inline(line)}</p>
      ))}
      {items.length > 0 && (
        <ul>
          {items.map(line => (
            <li key={line}>{inline(line.slice(2))}</li>
          ))}
        </ul>
      )}
    </>
  )
}

const withoutBackslashes = (text: string) => text.replace(/\\([\\`*_[\]<>])/g, '$1')

function inline(line: string): readonly ReactNode[] {
  // Odd parts are between the asterisks. An escaped asterisk has a backslash before it.
  return line.split(/(?<!\\)\*\*/).map((part, index) => {
    const text = withoutBackslashes(part)
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one line
    return index % 2 === 1 ? <strong key={index}>{text}</strong> : text
  })
}
