/** Controls of the terminal and of the direction of writing: text of senders must neither drive it nor read as another text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
export const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** The code of a character as `\u` in JSON has it. */
export const unicodeEscape = (character: string): string => `\\u${codeOf(character, 4)}`

/** A line with its control characters as escapes, such as `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, found =>
    found === '\n' ? '\\n' : found.charCodeAt(0) < 256 ? `\\x${codeOf(found, 2)}` : unicodeEscape(found),
  )
}

const codeOf = (character: string, digits: number) => character.charCodeAt(0).toString(16).padStart(digits, '0')
