import { useData } from '../api/store.ts'
import type { GateAnswer } from '../api/types.ts'
import { Icon, type IconName } from '../components/icon.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import type { Tone } from '../verdict.ts'

interface Outcome {
  readonly tone: Tone
  readonly icon: IconName
  readonly word: string
}

const outcomeOf = (passed: boolean | null): Outcome =>
  passed === null
    ? { tone: 'plain', icon: 'clock', word: 'Not enough data' }
    : passed
      ? { tone: 'good', icon: 'check', word: 'Pass' }
      : { tone: 'bad', icon: 'stop', word: 'Fail' }

/** The conditions of `northstar gate`, as a pipeline would see them now. */
export function GatePanel({ path, width }: { readonly path: string; readonly width: 'half' | 'full' }) {
  const { data, error } = useData<GateAnswer>(path, 60_000)
  return (
    <Panel title="Gate" width={width}>
      {data ? <Checks gate={data} /> : <Placeholder data={data} error={error} path={path} lines={5} />}
    </Panel>
  )
}

function Checks({ gate }: { readonly gate: GateAnswer }) {
  if (gate.checks.length === 0)
    return (
      <p className="quiet">
        The product has no conditions: add a <code>gate</code> to <code>releases.yaml</code>.
      </p>
    )
  return (
    <ul className="gate">
      {gate.checks.map(({ name, passed, reason }) => {
        const { tone, icon, word } = outcomeOf(passed)
        return (
          <li key={name}>
            <span className={`status status-${tone}`}>
              <Icon name={icon} size={14} />
              {word}
            </span>
            <span>{reason}</span>
          </li>
        )
      })}
    </ul>
  )
}
