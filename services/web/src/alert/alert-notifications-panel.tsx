import type { Alert } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatTime } from '../format.ts'
import { useReceiversOff } from '../panels/receivers-panel.tsx'
import type { Tone } from '../verdict.ts'

const TONES: Readonly<Record<Alert['notifications'][number]['outcome'], Tone>> = { delivered: 'good', failed: 'bad', queued: 'plain' }
const WORDS = { delivered: 'Delivered', failed: 'Failed', queued: 'Queued' } as const

/** The alert's notifications, each with recipient, time and outcome. */
export function AlertNotificationsPanel({ alert }: { readonly alert: Alert }) {
  const { zone } = useProduct()
  const { receivers, notifications } = alert
  const off = useReceiversOff(receivers)
  return (
    <Panel title="Notifications" width="half">
      {receivers.length === 0 && <p>No receiver: nobody is notified of this alert.</p>}
      {receivers.length > 0 && off.length === receivers.length && (
        <Status tone="warn" word={`Nobody is notified: ${off.length === 1 ? 'the receiver is off' : 'all receivers are off'}`} />
      )}
      {receivers.length > 0 && notifications.length === 0 && (
        <p className="quiet">Receivers: {receivers.join(', ')}. No notifications sent.</p>
      )}
      <ul className="rows">
        {notifications.map(({ at, receiver, channel, recipient, reason, outcome, attempts, problem }) => (
          <li key={`${at}${receiver}${channel}${recipient ?? ''}${reason}`}>
            <div>
              <p>
                {receiver} via {channel}
                {recipient && ` to ${recipient}`}
              </p>
              <p className="quiet">
                {formatTime(at, zone)} · {reason}
                {attempts > 1 && ` · ${formatCount(attempts)} attempts`}
                {problem && ` · ${problem}`}
              </p>
            </div>
            <Status tone={TONES[outcome]} word={WORDS[outcome]} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
