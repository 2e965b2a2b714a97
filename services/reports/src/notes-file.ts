import { join } from 'node:path'
import { formatProblem, readYamlFile } from '@northstar/catalogue'
import type { Logger } from '@northstar/runtime'
import * as z from 'zod'
import type { Notes } from './documents.ts'

const notes = z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), z.array(z.string().min(1).max(500)).max(50))

/** Reads `notes/NAME-DATE.yaml` of the product folder: lists by heading. A file with mistakes is ignored and the mistakes are logged. */
export function createNotesReader(productFolder: string, logger: Logger) {
  return (report: string, date: string): Notes => {
    const file = readYamlFile(join(productFolder, 'notes', `${report}-${date}.yaml`), notes)
    if (!file) return {}
    for (const problem of file.problems) logger.warn({ report, date }, `notes are ignored: ${formatProblem(problem)}`)
    return file.value ?? {}
  }
}
