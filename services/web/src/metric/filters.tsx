import { type FormEvent, useId, useState } from 'react'
import { useData } from '../api/store.ts'
import type { Definition, MetricAnswer } from '../api/types.ts'
import { Icon } from '../components/icon.tsx'
import { propertyTitle, valueTitle } from '../titles.ts'
import { breakdownsOf, type Filter, filterParameter } from './question.ts'

interface FiltersProps {
  readonly definition: Definition
  readonly filters: readonly Filter[]
  readonly onChange: (changes: Readonly<Record<string, string | null>>) => void
}

/** The active filters, each with a button that removes it, and a form that adds one. */
export function Filters({ definition, filters, onChange }: FiltersProps) {
  const [adding, setAdding] = useState(false)
  return (
    <div className="query-row">
      {filters.map(({ property, value }) => (
        <span key={property} className="filter">
          {propertyTitle(property)} = <strong>{valueTitle(property, value)}</strong>
          <button
            type="button"
            aria-label={`Remove filter ${propertyTitle(property)} = ${valueTitle(property, value)}`}
            onClick={() => onChange({ [filterParameter(property)]: null })}
          >
            <Icon name="close" size={12} />
          </button>
        </span>
      ))}
      {adding ? (
        <AddFilter
          definition={definition}
          onAdd={({ property, value }) => {
            onChange({ [filterParameter(property)]: value })
            setAdding(false)
          }}
          onCancel={() => setAdding(false)}
        />
      ) : (
        <button type="button" className="button button-small" onClick={() => setAdding(true)}>
          Add filter
        </button>
      )}
    </div>
  )
}

interface AddFilterProps {
  readonly definition: Definition
  readonly onAdd: (filter: Filter) => void
  readonly onCancel: () => void
}

function AddFilter({ definition, onAdd, onCancel }: AddFilterProps) {
  const [property, setProperty] = useState(definition.dimensions[0] ?? '')
  const list = useId()
  const values = useValues(definition, property)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('value')).trim()
    const titled = values.find(value => valueTitle(property, value).toLowerCase() === text.toLowerCase())
    onAdd({ property, value: values.includes(text) ? text : (titled ?? text) })
  }
  return (
    <form className="query-row" onSubmit={submit}>
      <label className="query-field">
        Property
        <select value={property} onChange={event => setProperty(event.target.value)}>
          {definition.dimensions.map(one => (
            <option key={one} value={one}>
              {propertyTitle(one)}
            </option>
          ))}
        </select>
      </label>
      <label className="query-field">
        Value
        <input key={property} name="value" required maxLength={1024} list={list} autoComplete="off" />
      </label>
      <datalist id={list}>
        {values.map(value => (
          <option key={value} value={value}>
            {valueTitle(property, value)}
          </option>
        ))}
      </datalist>
      <button type="submit" className="button button-small">
        Add
      </button>
      <button type="button" className="button button-small" onClick={onCancel}>
        Cancel
      </button>
    </form>
  )
}

/** Suggested values: the members of the metric's breakdown by the property. */
function useValues(definition: Definition, property: string): readonly string[] {
  const path = breakdownsOf(definition).includes(property) ? `/v1/metrics/${definition.name}?period=month&by=${property}` : null
  const { data } = useData<MetricAnswer>(path)
  const members = (data?.points ?? []).map(({ by }) => by?.[property] ?? null)
  return [...new Set(members.filter(member => member !== null).map(String))]
}
