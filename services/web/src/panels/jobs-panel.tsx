import { useData } from '../api/store.ts'
import type { ScheduleAnswer } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Row } from '../components/row.tsx'
import { Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatCounted, formatDuration, formatTime } from '../format.ts'
import type { Verdict } from '../verdict.ts'

const SCHEDULE = '/v1/schedule'
const EVERY_MS = 30_000

/** The scheduler's jobs with their last and next runs and failures. */
export function JobsPanel() {
  const { data, error } = useData<ScheduleAnswer>(SCHEDULE, EVERY_MS)
  const { zone } = useProduct()
  return (
    <Panel title="Scheduled jobs">
      <Placeholder data={data} error={error} path={SCHEDULE} lines={4} />
      {data?.jobs.length === 0 && <p className="quiet">No scheduled jobs.</p>}
      <ul className="rows rows-wide">
        {data?.jobs.map(({ name, next_at, last, failing, waiting, skipped }) => (
          <Row key={name} name={name} aside={<Status {...stateOf({ last, failing, waiting })} />}>
            <p className="quiet">
              {last ? `Last ${formatTime(last.finished_at, zone)}` : failing || waiting ? 'Never finished' : 'Never run'}
              {last && last.late_seconds >= 60 && `, ${formatDuration(last.late_seconds)} late`}
              {!failing && !waiting && ` · next ${formatTime(next_at, zone)}`}
              {skipped > 0 && ` · ${formatCount(skipped)} skipped`}
            </p>
            {waiting && (
              <p className="quiet">
                Waiting, next try {formatTime(waiting.next_at, zone)}: {waiting.reason}
              </p>
            )}
            {failing && (
              <p className="quiet">
                {formatCounted(failing.attempts, 'failed attempt')}, next try {formatTime(failing.next_at, zone)}: {failing.problem}
              </p>
            )}
          </Row>
        ))}
      </ul>
    </Panel>
  )
}

function stateOf({ last, failing, waiting }: Pick<ScheduleAnswer['jobs'][number], 'last' | 'failing' | 'waiting'>): Verdict {
  if (failing) return { tone: 'bad', word: 'Failing' }
  return waiting || !last ? { tone: 'plain', word: 'Waiting' } : { tone: 'good', word: 'Succeeded' }
}
