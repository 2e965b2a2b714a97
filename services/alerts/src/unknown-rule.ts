import { nearest } from '@northstar/catalogue'
import { HttpProblem } from '@northstar/runtime'

/** A 404 that names the nearest rule, or all of them. */
export function unknownRule(name: string, rules: readonly { readonly name: string }[]): HttpProblem {
  const valid = rules.map(rule => rule.name)
  const near = nearest(name, valid)
  const remedy = near === undefined ? `. Valid rules: ${valid.join(', ') || 'none'}.` : `; did you mean "${near}"?`
  const detail = `There is no rule "${name.slice(0, 100)}"${remedy}`
  return new HttpProblem({ status: 404, code: 'unknown_rule', field: 'rule', detail, valid, ...(near !== undefined && { nearest: near }) })
}
