import { type ReactNode, useEffect, useRef } from 'react'
import { Link } from '../router.tsx'
import { useTitle } from '../use-title.ts'

interface PageHeadProps {
  readonly title: string
  /** The document's title where it differs from the page's. */
  readonly documentTitle?: string
  readonly lead?: ReactNode
  /** The list that the page belongs to. */
  readonly parent?: { readonly href: string; readonly text: string }
  /** A line of states below the title. */
  readonly states?: ReactNode
  /** Whether it takes the focus when it appears, as the target of a link from outside. */
  readonly isFocused?: boolean
  /** Controls at the end of the head. */
  readonly children?: ReactNode
}

/** The head of a page, which also sets the document's title. */
export function PageHead({ title, documentTitle = title, lead, parent, states, isFocused = false, children }: PageHeadProps) {
  useTitle(documentTitle)
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    if (isFocused) element.current?.focus({ preventScroll: true })
  }, [isFocused])
  return (
    <header ref={element} tabIndex={isFocused ? -1 : undefined} className="page-head">
      <div>
        {parent && (
          <p className="quiet">
            <Link href={parent.href}>{parent.text}</Link>
          </p>
        )}
        <h1>{title}</h1>
        {states && <p className="cluster">{states}</p>}
        {lead && <p className="lead">{lead}</p>}
      </div>
      {children}
    </header>
  )
}
