import type { StateStore } from '@northstar/state'
import type { Report } from './report.ts'

/** `reports/sent/NAME/DATE`: a report that is or was sent. Its content is stored before the first message is sent. */
export interface SentReport {
  readonly report: Report
  /** Epoch ms. */
  readonly dueAt: number
  readonly builtAt: number
  /** By delivery. A delivery that is absent has no result yet. */
  readonly deliveries: Readonly<Record<string, Delivery>>
}

export interface Delivery {
  readonly at: number
  readonly outcome: 'delivered' | 'failed'
  readonly problem?: string
}

/** `reports/notes/NAME/DATE`: lists that were written on the page, by heading. */
export type Notes = Readonly<Record<string, readonly string[]>>

const SENT = 'reports/sent/'
const NOTES = 'reports/notes/'

export const sentKey = (name: string, date: string) => `${SENT}${name}/${date}`
const notesKey = (name: string, date: string) => `${NOTES}${name}/${date}`

export const readSent = (state: StateStore, name: string, date: string) => state.get<SentReport>(sentKey(name, date))

/** The sent reports with this name, oldest first. */
export async function listSent(state: StateStore, name: string): Promise<readonly SentReport[]> {
  return (await state.list<SentReport>(`${SENT}${name}/`)).map(({ value }) => value)
}

export async function readNotes(state: StateStore, name: string, date: string): Promise<Notes> {
  return (await state.get<Notes>(notesKey(name, date)))?.value ?? {}
}

export async function writeNotes(state: StateStore, name: string, date: string, notes: Notes): Promise<void> {
  await state.put(notesKey(name, date), notes)
}
