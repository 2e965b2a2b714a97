import { CONTROLS, escapeControls, unicodeEscape } from '@northstar/http-api'

/** As {@link escapeControls}, of a text of several lines. */
export const escapeLines = (text: string): string => text.split('\n').map(escapeControls).join('\n')

/** JSON without the control characters that may be raw in its strings; it has the same value. Raw white space is only between its parts. */
export const escapeJson = (json: string): string => json.replace(CONTROLS, found => (/[\t\n\r]/.test(found) ? found : unicodeEscape(found)))

/** CSV as standard output gets it: at a terminal each row is a line. */
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
