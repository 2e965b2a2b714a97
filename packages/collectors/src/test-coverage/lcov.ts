import { addLine } from './lines.ts'

/** Reads lcov's trace file: `SF:path`, then `DA:line,hits` for each line. */
export function readLcov(text: string): Map<string, Map<number, boolean>> {
  const files = new Map<string, Map<number, boolean>>()
  let file: string | undefined
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('SF:')) file = line.slice(3).trim()
    else if (line === 'end_of_record') file = undefined
    else if (file !== undefined && line.startsWith('DA:')) {
      const [number, hits] = line.slice(3).split(',').map(Number)
      if (number !== undefined && Number.isInteger(number) && hits !== undefined) addLine(files, file, number, hits > 0)
    }
  }
  return files
}
