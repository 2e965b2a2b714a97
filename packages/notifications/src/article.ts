/** A message that is not about alerts, such as a report. Each channel renders it in its own form. */
export interface Article {
  /** The same for each attempt, so that a receiver recognises a repeat. */
  readonly id: string
  readonly title: string
  readonly sections: readonly ArticleSection[]
  readonly charts: readonly Chart[]
}

export interface ArticleSection {
  readonly title?: string
  readonly lines: readonly ArticleLine[]
}

export interface ArticleLine {
  /** Shown in bold before the text. */
  readonly label?: string
  readonly text: string
}

export interface Chart {
  readonly title: string
  /** A description of its bars, such as `by week, up to 450`. */
  readonly caption: string
  /** A description for readers without images. */
  readonly description: string
  readonly png: Uint8Array
  /** The displayed size in pixels; the image may be larger. */
  readonly width: number
  readonly height: number
}

/** The article as plain text. */
export function articleText({ title, sections }: Article): string {
  const blocks = sections.map(section =>
    [...(section.title ? [section.title.toUpperCase()] : []), ...section.lines.map(lineText)].join('\n'),
  )
  return [title, ...blocks].join('\n\n')
}

export const lineText = ({ label, text }: ArticleLine): string => (label === undefined ? text : `${label}: ${text}`)
