/** The weight of a letter as X counts it: emoji and most scripts outside of the first blocks weigh two. */
const weigh = (letter: string) => ((letter.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2)

export const weightOf = (text: string): number => Array.from(text).reduce((sum, letter) => sum + weigh(letter), 0)

/** The text, cut with an ellipsis where it weighs more than `limit`. */
export function cutToWeight(text: string, limit: number): string {
  if (weightOf(text) <= limit) return text
  let left = limit - weigh('…')
  const letters = Array.from(text)
  const end = letters.findIndex(letter => {
    left -= weigh(letter)
    return left < 0
  })
  return `${letters.slice(0, end).join('')}…`
}
