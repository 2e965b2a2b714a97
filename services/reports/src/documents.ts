import type { StateStore } from '@northstar/state'
import type { Report } from './report.ts'

/** `reports/sent/NAME/DATE`: a report as it was or is being sent. Its content is stored before the first message goes out. */
export interface SentReport {
  readonly report: Report
  /** Epoch ms. */
  readonly dueAt: number
  readonly builtAt: number
  /** By channel. A channel that is absent has not answered yet. */
  readonly deliveries: Readonly<Record<string, Delivery>>
}

export interface Delivery {
  readonly at: number
  readonly outcome: 'delivered' | 'failed'
  readonly problem?: string
}

/** `reports/notes/NAME/DATE`: lists that people wrote on the page, by heading. */
export type Notes = Readonly<Record<string, readonly string[]>>

const SENT = 'reports/sent/'
const NOTES = 'reports/notes/'

export const sentKey = (name: string, date: string) => `${SENT}${name}/${date}`
const notesKey = (name: string, date: string) => `${NOTES}${name}/${date}`

export const readSent = (state: StateStore, name: string, date: string) => state.get<SentReport>(sentKey(name, date))

/** The sent reports of a name, oldest first. */
export async function listSent(state: StateStore, name: string): Promise<readonly SentReport[]> {
  return (await state.list<SentReport>(`${SENT}${name}/`)).map(({ value }) => value)
}

export async function readNotes(state: StateStore, name: string, date: string): Promise<Notes> {
  return (await state.get<Notes>(notesKey(name, date)))?.value ?? {}
}

export async function writeNotes(state: StateStore, name: string, date: string, notes: Notes): Promise<void> {
  await state.put(notesKey(name, date), notes)
}
