import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { type ApiError, api, apiErrorOf } from '../api/client.ts'
import { Icon } from '../components/icon.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { useMay } from '../context.ts'
import { navigate, useParameter } from '../router.tsx'
import type { SqlResult } from '../sql/result.ts'
import { Results } from '../sql/results.tsx'
import { SchemaBrowser } from '../sql/schema-browser.tsx'

const MAX_ROWS = 10_000

type Run =
  | { readonly state: 'idle' | 'running' | 'stopped' }
  | { readonly state: 'done'; readonly sql: string; readonly result: SqlResult; readonly seconds: number }
  | { readonly state: 'failed'; readonly sql: string; readonly error: ApiError }

export function SqlPage() {
  if (useMay('analyst')) return <Console />
  return (
    <>
      <PageHead title="SQL" />
      <p className="panel">SQL requires the analyst role. Ask an administrator for access.</p>
    </>
  )
}

function Console() {
  const [linked] = useParameter('q')
  const [sql, setSql] = useState(linked ?? '')
  const editor = useRef<HTMLTextAreaElement>(null)
  const { run, start, stop } = useRun(error => {
    if (error.position === undefined) return
    editor.current?.focus()
    editor.current?.setSelectionRange(error.position, error.position + 1)
  })
  // A shared URL shows its result.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, with the address that was opened
  useEffect(() => {
    if (linked) void start(linked)
  }, [])
  const insert = (text: string) => {
    const field = editor.current
    if (!field) return
    field.focus()
    field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end')
    setSql(field.value)
  }
  const running = run.state === 'running'
  return (
    <>
      <PageHead title="SQL" lead="Run a read-only SELECT on the warehouse, for up to 30 seconds." />
      <div className="sql-layout">
        <SchemaBrowser
          onInsert={insert}
          onQuery={text => {
            setSql(text)
            void start(text)
          }}
        />
        <div className="sql-main">
          <Statement editor={editor} sql={sql} running={running} onChange={setSql} onRun={() => void start(sql)} onStop={stop} />
          {running && (
            <Panel title="Result">
              <Skeleton lines={6} />
            </Panel>
          )}
          {run.state === 'stopped' && <p className="panel">Stopped.</p>}
          {run.state === 'failed' && <Failure {...run} />}
          {run.state === 'done' && <Results {...run} />}
        </div>
      </div>
    </>
  )
}

interface StatementProps {
  readonly editor: RefObject<HTMLTextAreaElement | null>
  readonly sql: string
  readonly running: boolean
  readonly onChange: (sql: string) => void
  readonly onRun: () => void
  readonly onStop: () => void
}

/** The editor with its buttons. */
function Statement({ editor, sql, running, onChange, onRun, onStop }: StatementProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    onRun()
  }
  return (
    <Panel title="Statement">
      <label className="field">
        <span className="sr-only">SQL statement</span>
        <textarea
          ref={editor}
          className="sql-editor"
          rows={9}
          value={sql}
          onChange={event => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder="SELECT week, value FROM metrics.… ORDER BY week"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          aria-keyshortcuts="Control+Enter"
        />
      </label>
      <div className="cluster sql-actions">
        {running ? (
          <button type="button" className="button" onClick={onStop}>
            <Icon name="stop" size={14} /> Stop
          </button>
        ) : (
          <button type="button" className="button button-main" disabled={sql.trim() === ''} onClick={onRun}>
            Run
          </button>
        )}
        <span className="quiet">Press Ctrl+Enter to run. The URL contains the statement, so you can share it.</span>
      </div>
    </Panel>
  )
}

/** Runs one statement at a time; a new one cancels the previous one. */
function useRun(onError: (error: ApiError) => void) {
  const [run, setRun] = useState<Run>({ state: 'idle' })
  const current = useRef<AbortController>(null)
  const stop = useCallback(() => current.current?.abort(), [])
  useEffect(() => stop, [stop])
  const start = async (sql: string) => {
    if (sql.trim() === '') return
    stop()
    const running = new AbortController()
    current.current = running
    navigate(`/sql?${new URLSearchParams({ q: sql })}`, { replace: true })
    setRun({ state: 'running' })
    const began = performance.now()
    const show = (next: Run) => {
      if (current.current === running) setRun(next)
    }
    try {
      const result = await api<SqlResult>('/v1/sql', { method: 'POST', body: { sql, max_rows: MAX_ROWS }, signal: running.signal })
      show({ state: 'done', sql, result, seconds: (performance.now() - began) / 1_000 })
    } catch (error) {
      if (running.signal.aborted) return show({ state: 'stopped' })
      const problem = apiErrorOf(error)
      show({ state: 'failed', sql, error: problem })
      onError(problem)
    }
  }
  return { run, start, stop }
}

/** The error's message; for a syntax error, the line with a mark at its position. */
function Failure({ sql, error }: { readonly sql: string; readonly error: ApiError }) {
  if (error.position === undefined) return <ErrorMessage error={error} />
  const before = sql.slice(0, error.position).split('\n')
  const [line, column] = [before.length, before.at(-1)?.length ?? 0]
  return (
    <>
      <ErrorMessage error={error} />
      <section className="panel" aria-label={`Line ${line}, column ${column + 1}`}>
        <p className="quiet">
          Line {line}, column {column + 1}
        </p>
        <pre className="sql-place">
          {sql.split('\n')[line - 1]}
          {'\n'}
          {' '.repeat(column)}^
        </pre>
      </section>
    </>
  )
}
