import { Fragment, useState } from 'react'
import { useData } from '../api/store.ts'
import type { SqlSchema } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'

const PATH = '/v1/sql/schema'

interface SchemaBrowserProps {
  /** Inserts text at the cursor of the editor. */
  readonly onInsert: (text: string) => void
  /** Replaces the statement. */
  readonly onQuery: (sql: string) => void
}

/** A name that wraps after its underscores. */
function Breakable({ name }: { readonly name: string }) {
  return name.split(/(?<=_)/).map((part, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts keep their order
    <Fragment key={place}>
      {part}
      <wbr />
    </Fragment>
  ))
}

/** Views by database, with their columns. */
export function SchemaBrowser({ onInsert, onQuery }: SchemaBrowserProps) {
  const { data, error } = useData<SqlSchema>(PATH)
  const [filter, setFilter] = useState('')
  const wanted = filter.trim().toLowerCase()
  const tables = data?.tables.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(wanted)) ?? []
  return (
    <Panel title="Views" className="sql-schema">
      <Placeholder data={data} error={error} path={PATH} lines={8} />
      {data && (
        <>
          <label className="field">
            Find a view
            <input type="search" value={filter} onChange={event => setFilter(event.target.value)} spellCheck={false} />
          </label>
          {tables.length === 0 && <p className="quiet">No matching views.</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className="sql-tables" tabIndex={0} aria-label="List of views">
            {tables.map(({ name, title, columns }) => (
              <details key={name}>
                <summary>
                  <code>
                    <Breakable name={name} />
                  </code>
                </summary>
                {title && <p className="quiet">{title}</p>}
                <button type="button" className="button button-small" onClick={() => onQuery(`SELECT *\nFROM ${name}\nLIMIT 100`)}>
                  Query this view
                </button>
                <ul>
                  {columns.map(column => (
                    <li key={column.name}>
                      <button type="button" className="sql-column" onClick={() => onInsert(column.name)}>
                        <code>{column.name}</code> <span className="quiet">{column.type}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              </details>
            ))}
          </section>
        </>
      )}
    </Panel>
  )
}
