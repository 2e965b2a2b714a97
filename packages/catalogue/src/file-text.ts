import { isUtf8 } from 'node:buffer'
import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs'

/** The text of a product file, or one sentence on why it cannot be used, with the line (from 1) that it concerns. */
export type FileText = { readonly text: string } | { readonly unusable: string; readonly line: number }

const MAX_MIB = 32
const NEWLINE = 10

const FAILURES: Readonly<Record<string, string>> = {
  EACCES: 'no permission to read it: allow the user that runs Northstar to read it',
  EPERM: 'no permission to read it: allow the user that runs Northstar to read it',
  ELOOP: 'is a symbolic link that leads back to itself: replace it by the file',
  ENOTDIR: 'is missing: the product folder is a file, expected a folder',
  ENAMETOOLONG: 'has a path that is too long for this file system: move the product folder',
}

/** Reads a file as UTF-8; null if there is none. Never throws, whatever the file contains. */
export function readFileText(path: string): FileText | null {
  const found = fileAt(path)
  if (found === null) return null
  if (typeof found === 'string') return { unusable: found, line: 1 }
  if (found.isDirectory()) return { unusable: 'is a folder, expected a file', line: 1 }
  // Reading a pipe or a device may never end.
  if (!found.isFile()) return { unusable: 'is not a regular file: replace it by one', line: 1 }
  if (found.size > MAX_MIB * 2 ** 20) return { unusable: `is larger than ${MAX_MIB} MiB, the most that is read: shorten it`, line: 1 }
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    return { unusable: failureText(error), line: 1 }
  }
  return decode(bytes)
}

function fileAt(path: string): Stats | string | null {
  try {
    return statSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return failureText(error)
  }
  // Of a symbolic link without target only the link itself is found.
  return lstatSync(path, { throwIfNoEntry: false }) ? 'is a symbolic link to a file that does not exist: correct it or remove it' : null
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')
const failureText = (error: unknown) => FAILURES[codeOf(error)] ?? `cannot be read (${codeOf(error)})`

function decode(bytes: Buffer): FileText {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8') }
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { unusable: 'is encoded as UTF-16: save it as UTF-8', line: 1 }
  }
  return { unusable: 'has bytes that are not UTF-8: save the file as UTF-8', line: firstUndecodableLine(bytes) }
}

function firstUndecodableLine(bytes: Buffer): number {
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf(NEWLINE, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}
