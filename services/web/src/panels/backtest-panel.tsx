import { type FormEvent, useEffect, useRef, useState } from 'react'
import { ApiError, apiLines } from '../api/client.ts'
import type { BacktestAnswer, BacktestLine, Rule } from '../api/types.ts'
import { BacktestResult } from '../components/backtest-result.tsx'
import { Icon } from '../components/icon.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatPercent, humanize } from '../format.ts'

const PATH = '/v1/rules/backtest'
const FOUR_WEEKS_MS = 28 * 86_400_000

interface BacktestPanelProps {
  readonly rules: readonly Rule[]
  /** The rule to backtest; null for all. */
  readonly chosen: string | null
  readonly onChoose: (rule: string | null) => void
}

/** Evaluates rules over stored events; progress and result arrive line by line. */
export function BacktestPanel({ rules, chosen, onChoose }: BacktestPanelProps) {
  const { zone } = useProduct()
  const [done, setDone] = useState<number>()
  const [result, setResult] = useState<BacktestAnswer>()
  const [problem, setProblem] = useState<ApiError>()
  const running = useRef<AbortController>(null)
  useEffect(() => () => running.current?.abort(), [])
  const day = (time: number) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(time)
  const today = day(Date.now())

  const run = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const until = String(given.get('to'))
    // The last day is included; today ends now.
    const to = until === '' || until >= today ? undefined : dayAfter(until)
    const controller = new AbortController()
    running.current = controller
    setProblem(undefined)
    setResult(undefined)
    setDone(0)
    try {
      const body = { from: String(given.get('from')), ...(to && { to }), ...(chosen && { rule: chosen }) }
      for await (const line of apiLines<BacktestLine>(PATH, { method: 'POST', body, signal: controller.signal })) {
        if ('done' in line) setDone(line.done)
        else if ('result' in line) setResult(line.result)
        else throw new ApiError(500, line.error)
      }
    } catch (reason) {
      if (!controller.signal.aborted)
        setProblem(reason instanceof ApiError ? reason : new ApiError(0, 'The connection was lost. Try again.'))
    } finally {
      if (running.current === controller) setDone(undefined)
    }
  }

  return (
    <div id="backtest" className="panel-full">
      <Panel title="Backtest">
        <p className="quiet">When rules would have fired over stored events, and how many notifications they would have sent.</p>
        <form className="inline-form" onSubmit={event => void run(event)}>
          <label className="field">
            Rule
            <select value={chosen ?? ''} onChange={event => onChoose(event.target.value || null)}>
              <option value="">All rules</option>
              {rules.map(({ rule }) => (
                <option key={rule} value={rule}>
                  {humanize(rule)}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            From
            <input name="from" type="date" required max={today} defaultValue={day(Date.now() - FOUR_WEEKS_MS)} />
          </label>
          <label className="field">
            To
            <input name="to" type="date" required max={today} defaultValue={today} />
          </label>
          {done === undefined ? (
            <button type="submit" className="button button-main">
              <Icon name="clock" size={14} /> Run
            </button>
          ) : (
            <button type="button" className="button" onClick={() => running.current?.abort()}>
              Stop
            </button>
          )}
        </form>
        {done !== undefined && (
          <p className="backtest-progress">
            <progress value={done} max={1} aria-label="Backtest progress" />
            <span className="quiet">{formatPercent(Math.round(done * 100) / 100)}</span>
          </p>
        )}
        {problem && <ErrorMessage error={problem} />}
        <div role="status">{result && <BacktestResult result={result} rules={rules} />}</div>
      </Panel>
    </div>
  )
}

const dayAfter = (date: string) => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10)
