import { useData } from '../api/store.ts'
import type { Alert, Answer, routes } from '../api/types.ts'
import { valueTitle } from '../titles.ts'

export const RULES = '/v1/rules'

type Labelled = Pick<Alert, 'rule' | 'labels'>

/** Appends to a title the member of its rule's breakdown that an alert is of: `Crash rate (Linux)`. */
export function useWithMember(): (title: string, alert: Labelled) => string {
  const { data } = useData<Answer<typeof routes.rules.list>>(RULES)
  return (title, { rule, labels }) => {
    const by = data?.rules.find(one => one.rule === rule)?.by
    const member = by ? labels[by] : undefined
    return by && member !== undefined ? `${title} (${valueTitle(by, member)})` : title
  }
}
