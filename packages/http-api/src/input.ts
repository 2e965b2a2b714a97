import { constraintText, likeliest, nearest, unionText } from '@northstar/catalogue'
import { z } from 'zod'

export type InputPart = 'params' | 'query' | 'body'

/** The members of a problem document for invalid input. */
export interface InputProblem {
  readonly status: 400
  readonly code: 'unknown_field' | 'unknown_value' | 'bad_value'
  readonly detail: string
  readonly field: string
  readonly nearest?: string
  readonly valid?: readonly string[]
}

export type ParsedInput<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: InputProblem }

/** Validates one part of a request. The problem names the first invalid field and the remedy. */
export function parseInput<S extends z.ZodType>(schema: S, part: InputPart, given: unknown): ParsedInput<z.output<S>> {
  const input = part === 'query' ? nestRecords(schema, given) : (given ?? {})
  const parsed = schema.safeParse(input, { error: constraintText })
  if (parsed.success) return { ok: true, value: parsed.data }
  const issue = closest(parsed.error.issues[0], input)
  return { ok: false, problem: problemOf(issue, schema, part, input) }
}

/** `where.channel=github` becomes `{where: {channel: 'github'}}` if the schema's `where` is a record. */
function nestRecords(schema: z.ZodType, query: unknown): unknown {
  const flat: [string, unknown][] = []
  const nested = new Map<string, [string, unknown][]>()
  for (const [name, value] of Object.entries(query ?? {})) {
    const dot = name.indexOf('.')
    const prefix = name.slice(0, dot)
    const key = name.slice(dot + 1)
    // Zod omits this key from a record, so its filter would be ignored.
    const isNested = dot > 0 && key !== '__proto__' && isRecord(fieldOf(schema, prefix))
    if (isNested) nested.set(prefix, [...(nested.get(prefix) ?? []), [key, value]])
    else flat.push([name, value])
  }
  return Object.fromEntries([...flat, ...[...nested].map(([prefix, entries]) => [prefix, Object.fromEntries(entries)] as const)])
}

const fieldOf = (schema: z.ZodType, name: string) =>
  schema instanceof z.ZodObject && Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined

const isRecord = (schema: unknown) => (schema instanceof z.ZodOptional ? schema.unwrap() : schema) instanceof z.ZodRecord

type Issue = z.core.$ZodIssue

/** The first issue of the union's branch that fits best; the union's own if the value is of another type than all of them. */
function closest(issue: Issue | undefined, data: unknown): Issue | undefined {
  if (issue?.code !== 'invalid_union' || issue.errors.length === 0) return issue
  const value = valueAt(data, issue.path)
  const branch = likeliest(issue.errors, value)
  if (!branch) return { ...issue, message: value === undefined ? 'is required' : unionText(issue) }
  const inner = closest(branch[0], value)
  return inner && { ...inner, path: [...issue.path, ...inner.path] }
}

function problemOf(issue: Issue | undefined, schema: z.ZodType, part: InputPart, input: unknown): InputProblem {
  const field = issue?.path.join('.') ?? ''
  const named = field === '' ? `the ${part}` : `\`${field}\``
  if (issue?.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys
    const valid = issue.path.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
    const what = part === 'query' ? 'parameter' : 'field'
    return hinted('unknown_field', unknown, `there is no ${what} "${unknown.slice(0, 100)}"`, valid)
  }
  const value = issue && valueAt(input, issue.path)
  const literals = issue && wordsOf(issue)
  // The examples of a field name the values of a union that are no literals as well.
  const words = literals && (fieldOf(schema, field)?.meta()?.examples?.map(String) ?? literals)
  if (words && value === undefined) return hinted('bad_value', field, `${named}: is required`, words, '')
  if (words) {
    const word = typeof value === 'string' ? value : JSON.stringify(value)
    return hinted('unknown_value', field, `${named} cannot be "${word.slice(0, 100)}"`, words, word)
  }
  if (part === 'query' && issue?.path.length === 1 && isRecord(fieldOf(schema, field))) {
    return { status: 400, code: 'bad_value', field, detail: `${named} needs the name of a property: ${field}.PROPERTY=VALUE` }
  }
  const twice = part === 'query' && Array.isArray(value)
  return { status: 400, code: 'bad_value', field, detail: `${named}: ${twice ? 'must be given once' : (issue?.message ?? 'is invalid')}` }
}

/** The only words that the schema accepts; undefined if it accepts others. */
function wordsOf(issue: Issue): readonly string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : undefined
}

function hinted(code: InputProblem['code'], field: string, what: string, valid: readonly string[], word = field): InputProblem {
  const near = nearest(word, valid)
  const remedy = near !== undefined ? `; did you mean "${near}"?` : valid.length > 0 ? `; expected ${valid.join(', ')}` : ''
  return { status: 400, code, field, detail: what + remedy, valid, ...(near !== undefined && { nearest: near }) }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined), input)
}
