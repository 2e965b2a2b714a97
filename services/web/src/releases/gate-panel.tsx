import { useData } from '../api/store.ts'
import type { GateAnswer } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Status } from '../components/status.tsx'
import type { Verdict } from '../verdict.ts'

function verdictOf(passed: boolean | null): Verdict {
  if (passed === null) return { tone: 'plain', word: 'Not enough data' }
  return passed ? { tone: 'good', word: 'Pass' } : { tone: 'bad', word: 'Fail' }
}

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
      {gate.checks.map(({ name, passed, reason }) => (
        <li key={name}>
          <Status {...verdictOf(passed)} />
          <span>{reason}</span>
        </li>
      ))}
    </ul>
  )
}
