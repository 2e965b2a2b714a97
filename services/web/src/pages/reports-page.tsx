import { useData } from '../api/store.ts'
import type { Answer, ListedReport, routes } from '../api/types.ts'
import { Fact, Facts } from '../components/facts.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Segments } from '../components/segments.tsx'
import { Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCalendarDate, formatTime, humanize } from '../format.ts'
import { NotesPanel } from '../reports/notes-panel.tsx'
import { REPORTS, ReportPanel } from '../reports/report-panel.tsx'
import { Link, useParameters } from '../router.tsx'

const EVERY_MS = 60_000

/** The next report of each kind with its notes, and those sent: `?report=weekly&date=2026-01-23`. */
export function ReportsPage() {
  const { data, error } = useData<Answer<typeof routes.reports.list>>(REPORTS, EVERY_MS)
  const [parameters, change] = useParameters()
  const report = data?.reports.find(({ name }) => name === parameters.get('report')) ?? data?.reports[0]
  const asked = parameters.get('date')
  const date = asked !== null && /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : report?.next_date
  return (
    <>
      <PageHead
        title="Reports"
        lead={
          <>
            Sent on the schedules in <code>reports.yaml</code> in the product folder.
          </>
        }
      >
        {report && (
          <Segments
            name="report"
            label="Report"
            value={report.name}
            options={data?.reports.map(({ name }) => [name, humanize(name)] as const) ?? []}
            onChange={name => change({ report: name, date: null })}
          />
        )}
      </PageHead>
      <Placeholder data={data} error={error} path={REPORTS} tall lines={6} />
      {data?.reports.length === 0 && (
        <p className="panel">
          No reports. Add one to <code>reports.yaml</code> and validate it with <code>northstar check</code>.
        </p>
      )}
      {report && date && (
        <div className="grid">
          <About report={report} date={date} />
          <ReportPanel key={report.name + date} report={report} date={date} />
          {date === report.next_date && report.notes.length > 0 && <NotesPanel report={report} />}
        </div>
      )}
    </>
  )
}

interface AboutProps {
  readonly report: ListedReport
  readonly date: string
}

/** The report's audience, next date, channels and past dates. */
function About({ report, date }: AboutProps) {
  const { zone } = useProduct()
  const off = report.channels.filter(({ state }) => state === 'off')
  const missing = [...new Set(off.flatMap(channel => channel.missing))]
  const link = (day: string) => `/reports?${new URLSearchParams({ report: report.name, ...(day !== report.next_date && { date: day }) })}`
  return (
    <Panel title={report.title}>
      <Facts>
        {report.audience && <Fact name="Audience">{report.audience}</Fact>}
        <Fact name="Next">
          <Link href={link(report.next_date)} aria-current={date === report.next_date ? 'true' : undefined}>
            {formatTime(report.next_at, zone)}
          </Link>
        </Fact>
        <Fact name="Channels">{report.channels.map(({ name }) => name).join(', ') || 'None'}</Fact>
        <Fact name="Sent">
          {report.sent.length === 0
            ? 'None yet'
            : report.sent.toReversed().map(day => (
                <Link key={day} className="report-day" href={link(day)} aria-current={date === day ? 'true' : undefined}>
                  {formatCalendarDate(day)}
                </Link>
              ))}
        </Fact>
      </Facts>
      {off.length > 0 && (
        <>
          <Status
            tone="warn"
            word={`${off.map(({ name }) => name).join(', ')} ${off.length === 1 ? 'is' : 'are'} off${off.length === report.channels.length ? ': nobody receives this report' : ''}`}
          />
          {missing.length > 0 && (
            <p className="quiet">
              Set <code>{missing.join(', ')}</code>.
            </p>
          )}
        </>
      )}
    </Panel>
  )
}
