import type { FormEvent } from 'react'
import type { Rule } from '../api/types.ts'
import { BacktestResult } from '../components/backtest-result.tsx'
import { Icon } from '../components/icon.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatPercent } from '../format.ts'
import { addDays, dayOf } from '../period.ts'
import { ruleTitle } from '../titles.ts'
import { useBacktest } from './use-backtest.ts'

interface BacktestPanelProps {
  readonly rules: readonly Rule[]
  /** The rule to backtest; null for all. */
  readonly chosen: string | null
  readonly onChoose: (rule: string | null) => void
}

/** Evaluates rules over stored events; progress and result arrive line by line. */
export function BacktestPanel({ rules, chosen, onChoose }: BacktestPanelProps) {
  const { zone } = useProduct()
  const { progress, result, error, run, stop } = useBacktest()
  const today = dayOf(Date.now(), zone)

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const until = String(given.get('to'))
    // The last day is included; today ends now.
    const to = until === '' || until >= today ? undefined : addDays(until, 1)
    void run({ from: String(given.get('from')), ...(to && { to }), ...(chosen && { rule: chosen }) })
  }

  return (
    <div id="backtest" className="panel-full">
      <Panel title="Backtest">
        <p className="quiet">When rules would have fired over stored events, and how many notifications they would have sent.</p>
        <form className="inline-form" onSubmit={submit}>
          <label className="field">
            Rule
            <select value={chosen ?? ''} onChange={event => onChoose(event.target.value || null)}>
              <option value="">All rules</option>
              {rules.map(({ rule }) => (
                <option key={rule} value={rule}>
                  {ruleTitle(rule)}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            From
            <input name="from" type="date" required max={today} defaultValue={addDays(today, -28)} />
          </label>
          <label className="field">
            To
            <input name="to" type="date" required max={today} defaultValue={today} />
          </label>
          {progress === undefined ? (
            <button type="submit" className="button button-main">
              <Icon name="clock" size={14} /> Run
            </button>
          ) : (
            <button type="button" className="button" onClick={stop}>
              Stop
            </button>
          )}
        </form>
        {progress !== undefined && (
          <p className="backtest-progress">
            <progress value={progress} max={1} aria-label="Backtest progress" />
            <span className="quiet">{formatPercent(Math.round(progress * 100) / 100)}</span>
          </p>
        )}
        {error && <ErrorMessage error={error} />}
        <div role="status">{result && <BacktestResult result={result} rules={rules} />}</div>
      </Panel>
    </div>
  )
}
