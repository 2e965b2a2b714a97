import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { Answer, ListedReport, routes } from '../api/types.ts'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Status } from '../components/status.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useMay, useProduct } from '../context.ts'
import { formatTime, humanize } from '../format.ts'
import { linesOf } from '../lines.ts'
import { REPORTS, reportPath } from './report-panel.tsx'

type Notes = Answer<typeof routes.reports.notes>

/** The notes of people for the next report: one list for each heading, one entry per line. */
export function NotesPanel({ report }: { readonly report: ListedReport }) {
  const { zone } = useProduct()
  const path = `${REPORTS}/${report.name}/notes/${report.next_date}`
  const { data, error } = useData<Notes>(path)
  return (
    <Panel title="Notes for the next report">
      <p className="quiet">
        One entry per line, until {formatTime(report.next_at, zone)}. An empty list is left out of the report unless{' '}
        <code>reports.yaml</code> has a text for it.
      </p>
      <Placeholder data={data} error={error} path={path} lines={4} />
      {data && <NotesForm key={report.name + report.next_date} report={report} path={path} notes={data.notes} />}
    </Panel>
  )
}

interface NotesFormProps extends Notes {
  readonly report: ListedReport
  readonly path: string
}

function NotesForm({ report, path, notes }: NotesFormProps) {
  const mayWrite = useMay('responder')
  const [saved, setSaved] = useState(false)
  const { problem, mutate } = useMutation([path, reportPath(report.name, report.next_date)])
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const lists = report.notes.map(({ heading }) => [heading, linesOf(String(given.get(heading) ?? ''))] as const)
    // Headings that the report no longer uses are kept.
    const body = { notes: { ...notes, ...Object.fromEntries(lists) } }
    setSaved((await mutate(api(path, { method: 'PUT', body }))) !== undefined)
  }
  return (
    <form className="notes-form" onSubmit={event => void submit(event)} onChange={() => setSaved(false)}>
      {report.notes.map(({ heading, title }) => (
        <label key={heading} className="field">
          {title === null || humanize(heading).toLowerCase() === title.toLowerCase()
            ? humanize(heading)
            : `${title}: ${humanize(heading).toLowerCase()}`}
          <textarea name={heading} rows={3} readOnly={!mayWrite} defaultValue={(notes[heading] ?? []).join('\n')} />
        </label>
      ))}
      {problem && <ErrorMessage error={problem} />}
      {mayWrite && (
        <div className="notes-actions">
          <button type="submit" className="button">
            Save
          </button>
          <span role="status">{saved && <Status tone="good" word="Saved" />}</span>
        </div>
      )}
    </form>
  )
}
