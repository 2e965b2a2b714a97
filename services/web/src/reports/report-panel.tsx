import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { ListedReport, ReportAnswer } from '../api/types.ts'
import { ConfirmButton } from '../components/confirm-button.tsx'
import { Markdown } from '../components/markdown.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Status } from '../components/status.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useMay, useProduct } from '../context.ts'
import { formatCalendarDate, formatTime } from '../format.ts'

export const REPORTS = '/v1/reports'

/** The API's path of the report of a day. */
export const reportPath = (name: string, date: string): string => `${REPORTS}/${name}?at=${date}`

interface ReportPanelProps {
  readonly report: ListedReport
  readonly date: string
}

/** The report of a day: exactly as it was sent, else as it would be sent now. */
export function ReportPanel({ report, date }: ReportPanelProps) {
  const { zone } = useProduct()
  const mayAdmin = useMay('admin')
  const path = reportPath(report.name, date)
  const { data, error } = useData<ReportAnswer>(path)
  const { problem, mutate } = useMutation([path, REPORTS])
  const send = () => void mutate(api(`${REPORTS}/${report.name}/send`, { method: 'POST', body: { at: date } }))
  return (
    <Panel
      title={data?.sent ? `Sent for ${formatCalendarDate(date)}` : `Preview for ${formatCalendarDate(date)}`}
      aside={
        mayAdmin &&
        data && (
          <ConfirmButton
            text={data.sent ? 'Send to remaining channels' : 'Send now'}
            question={`Send “${report.title}” now?`}
            confirm="Send now"
            onConfirm={send}
          >
            Channels: {report.channels.map(({ name }) => name).join(', ') || 'none'}. Channels that already received the report of{' '}
            {formatCalendarDate(date)} are skipped.
          </ConfirmButton>
        )
      }
    >
      {problem && <ErrorMessage error={problem} />}
      <Placeholder data={data} error={error} path={path} tall lines={6} />
      {data && (
        <>
          {data.sent ? (
            <p className="quiet">
              Built {formatTime(data.sent.built_at, zone)}, due {formatTime(data.sent.due_at, zone)}. Channels receive exactly this content.
            </p>
          ) : (
            <p className="quiet">Due {formatTime(report.next_at, zone)}. Figures change until then.</p>
          )}
          <Markdown text={data.markdown} />
          {data.sent && <Deliveries sent={data.sent} />}
        </>
      )}
    </Panel>
  )
}

/** Deliveries by channel, each with its time or failure. */
function Deliveries({ sent }: { readonly sent: NonNullable<ReportAnswer['sent']> }) {
  const { zone } = useProduct()
  const deliveries = Object.entries(sent.deliveries)
  if (deliveries.length === 0) return <p className="quiet">No deliveries yet.</p>
  return (
    <ul className="rows report-deliveries">
      {deliveries.map(([channel, { at, outcome, problem }]) => (
        <li key={channel}>
          <div>
            <p>{channel}</p>
            <p className="quiet">
              {formatTime(at, zone)}
              {problem && ` · ${problem}`}
            </p>
          </div>
          <Status tone={outcome === 'delivered' ? 'good' : 'bad'} word={outcome === 'delivered' ? 'Delivered' : 'Failed'} />
        </li>
      ))}
    </ul>
  )
}
