/** The weight of a character by X's rule: two for emoji and most scripts outside of the first blocks. */
const weigh = (character: string) => ((character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2)

export const weightOf = (text: string): number => Array.from(text).reduce((sum, character) => sum + weigh(character), 0)

/** Cuts a text that weighs more than `limit`, with an ellipsis. */
export function cutToWeight(text: string, limit: number): string {
  if (weightOf(text) <= limit) return text
  let left = limit - weigh('…')
  const characters = Array.from(text)
  const end = characters.findIndex(character => {
    left -= weigh(character)
    return left < 0
  })
  return `${characters.slice(0, end).join('')}…`
}
