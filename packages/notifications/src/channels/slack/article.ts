import type { Article, ArticleLine, ArticleSection } from '../../article.ts'
import { cut } from '../../text.ts'

/** Slack's limits: blocks of a message, characters of a header and of a section. */
const MAX_BLOCKS = 50
const MAX_HEADER = 150
const MAX_SECTION = 3_000

export const escapeText = (given: string) => given.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
/** Asterisks and line breaks would end the bold text early. */
const bold = (given: string) => `*${escapeText(given).replace(/[*\n]/g, ' ')}*`
const lineOf = ({ label, text }: ArticleLine) => (label === undefined ? escapeText(text) : `${bold(label)}: ${escapeText(text)}`)

/** The article in Block Kit. */
export function slackArticle({ title, sections }: Article) {
  const blocks = sections.map(({ title: heading, lines }: ArticleSection) => {
    const list = heading === undefined ? lines.map(lineOf) : [bold(heading), ...lines.map(line => `• ${lineOf(line)}`)]
    return { type: 'section', text: { type: 'mrkdwn', text: cut(list.join('\n'), MAX_SECTION) } }
  })
  const header = { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER), emoji: true } }
  return { text: escapeText(title), blocks: [header, ...blocks.slice(0, MAX_BLOCKS - 1)] }
}
