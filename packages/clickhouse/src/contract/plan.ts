import type { Column, EventKind, Property, TrackingPlan } from '@northstar/catalogue'

export const COLUMNS: readonly Column[] = [
  { name: 'amount', type: 'number', lowCardinality: false },
  { name: 'note', type: 'string', lowCardinality: false },
  { name: 'ok', type: 'boolean', lowCardinality: false },
  { name: 'platform', type: 'string', lowCardinality: true },
  { name: 'size', type: 'integer', lowCardinality: false },
]

/** A plan of the columns, with two event kinds whose views are in the database `views`. */
export function planWith(views: string, columns: readonly Column[] = COLUMNS): TrackingPlan {
  const property = ({ name, type }: Column): Property => ({ name, type, required: false, description: '', privacy: 'internal' })
  const kind = (name: string, view: string, names: readonly string[]): [string, EventKind] => [
    name,
    {
      name,
      description: '',
      view: `${views}.${view}`,
      user: 'optional',
      properties: new Map(columns.filter(column => names.includes(column.name)).map(column => [column.name, property(column)])),
    },
  ]
  const [name, odd] = kind("it's", 'odd', ['note'])
  const viewColumns = new Map([['remark', { property: 'note' }] as const, ['source', { value: "'\\" }] as const])
  return { columns, events: new Map([kind('sale', 'sales', ['amount', 'platform']), [name, { ...odd, viewColumns }]]) }
}
