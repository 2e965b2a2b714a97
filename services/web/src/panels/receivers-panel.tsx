import { useData } from '../api/store.ts'
import type { Answer, routes } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Row } from '../components/row.tsx'
import { Status } from '../components/status.tsx'
import { humanize } from '../format.ts'

export const RECEIVERS = '/v1/alerts/receivers'

type Receivers = Answer<typeof routes.alerts.receivers>

/** State of each receiver, with the settings that a disabled one lacks. */
export function ReceiversPanel() {
  const { data, error } = useData<Receivers>(RECEIVERS)
  const on = data?.receivers.filter(({ state }) => state === 'on').length
  return (
    <Panel title="Receivers">
      <Placeholder data={data} error={error} path={RECEIVERS} lines={4} />
      {on === 0 && <Status tone="warn" word="No receiver is on: nobody is notified of alerts" />}
      <ul className="rows">
        {data?.receivers.map(({ receiver, state, digest, channels }) => (
          <Row
            key={receiver}
            name={humanize(receiver)}
            note={digest && 'weekly digest'}
            aside={<Status tone={state === 'on' ? 'good' : 'warn'} word={state === 'on' ? 'On' : 'Off'} />}
          >
            {channels.map(channel => (
              <p key={channel.channel} className="quiet">
                {channel.channel}
                {channel.type && channel.type !== channel.channel && ` (${channel.type})`}: {channel.state}
                {channel.missing.length > 0 && (
                  <>
                    {' '}
                    (set <code>{channel.missing.join(', ')}</code>)
                  </>
                )}
                {channel.problem && channel.missing.length === 0 && ` (${channel.problem})`}
              </p>
            ))}
          </Row>
        ))}
      </ul>
    </Panel>
  )
}

/** The receivers among these that are off. */
export function useReceiversOff(receivers: readonly string[]): readonly string[] {
  const { data } = useData<Receivers>(RECEIVERS)
  return receivers.filter(name => data?.receivers.some(({ receiver, state }) => receiver === name && state === 'off'))
}
