import { type Article, lineText } from '../../article.ts'
import { cutToWeight, weightOf } from './weight.ts'

/** The title and as many whole lines as fit into a post. */
export function xArticle({ title, sections }: Article, limit: number): string {
  const heading = cutToWeight(title, 120)
  const shown = [heading]
  let left = limit - weightOf(heading)
  for (const line of sections.flatMap(section => section.lines)) {
    const text = lineText(line)
    const weight = weightOf(text) + 1
    if (weight > left) continue
    left -= weight
    shown.push(text)
  }
  return shown.join('\n')
}
