/** Controls of the terminal and of the direction of writing: text of senders must neither drive it nor read as another text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const codeOf = (character: string, digits: number) => character.charCodeAt(0).toString(16).padStart(digits, '0')

/** A line with its control characters as escapes, such as `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, found =>
    found === '\n' ? '\\n' : found.charCodeAt(0) < 256 ? `\\x${codeOf(found, 2)}` : `\\u${codeOf(found, 4)}`,
  )
}

/** As {@link escapeControls}, of a text of several lines. */
export const escapeLines = (text: string): string => text.split('\n').map(escapeControls).join('\n')

/** JSON without the control characters that may be raw in its strings; it has the same value. Raw white space is only between its parts. */
export const escapeJson = (json: string): string =>
  json.replace(CONTROLS, found => (/[\t\n\r]/.test(found) ? found : `\\u${codeOf(found, 4)}`))

/** CSV as standard output gets it: exact in a file or a pipe, with escapes at a terminal. */
export const shownCsv = (csv: string, isTerminal = process.stdout.isTTY): string =>
  isTerminal ? csv.split('\r\n').map(escapeControls).join('\r\n') : csv

/** Prints lines for people. */
export const print = (text: string): void => void process.stdout.write(`${escapeLines(text)}\n`)

/** Prints a value as one line of JSON. */
export const printJson = (value: unknown): void => void process.stdout.write(`${escapeJson(JSON.stringify(value))}\n`)

export const printCsv = (csv: string): void => void process.stdout.write(`${shownCsv(csv)}\r\n`)

/** Prints an answer as JSON, or in its readable form. */
export const printAnswer = (answer: unknown, json: boolean | undefined, readable: () => string): void =>
  json ? printJson(answer) : print(readable())

/** Prints a remark on standard error, where it is not part of the answer. */
export const warn = (text: string): void => void process.stderr.write(`${escapeLines(text)}\n`)
