import { type Article, type ArticleSection, lineText } from '../../article.ts'
import { cut } from '../../text.ts'

/** Discord's limits: characters of all texts of an embed, of its title and of a field, and the number of fields. */
const MAX_EMBED = 6_000
const MAX_TITLE = 256
const MAX_FIELD = 1_024
const MAX_FIELDS = 25

const escapeMarkup = (given: string) => given.replace(/[\\*_~`|>[\]]/g, '\\$&')
const fieldText = ({ lines }: ArticleSection) => cut(lines.map(line => `• ${escapeMarkup(lineText(line))}`).join('\n'), MAX_FIELD)

/** The article as an embed, with a field for each section that fits. Mentions in its content have no effect. */
export function discordArticle({ title, sections }: Article) {
  const heading = cut(title, MAX_TITLE)
  let left = MAX_EMBED - heading.length
  const fields = sections.slice(0, MAX_FIELDS).flatMap(section => {
    // An empty name is refused; a zero-width space is not shown.
    const field = { name: cut(section.title ?? '\u200b', MAX_TITLE), value: fieldText(section) }
    left -= field.name.length + field.value.length
    return left < 0 ? [] : [field]
  })
  return { username: 'Northstar', allowed_mentions: { parse: [] }, embeds: [{ title: heading, fields }] }
}
