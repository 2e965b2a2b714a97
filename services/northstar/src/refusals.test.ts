import { type Declaration, declarations } from '@northstar/http-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { ADMIN, type AllRoles, startAllRoles } from './all-roles.test-data.ts'

/** Values of every JSON type that no field of a kind accepts. */
const WRONG = ['no such value', -1, { no: 'such value' }, [{}]] as const

let running: AllRoles

beforeAll(async () => {
  running = await startAllRoles()
})
afterAll(() => running?.stop())

interface Attempt {
  readonly query?: string
  readonly body?: string
  /** The field that a 400 must name. */
  readonly field?: string
}

const shapeOf = (schema: z.ZodType | undefined) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])
const alternativesOf = (schema: z.ZodType | undefined) => (schema instanceof z.ZodUnion ? schema.options : [schema]) as z.ZodType[]

/** Requests with a mistake in one place each. */
function attempts({ query, body }: Declaration): readonly Attempt[] {
  const queries = shapeOf(query).flatMap(field => [
    { query: `${field}=no%20such%20value`, field },
    { query: `${field}=-1&${field}=x`, field },
  ])
  if (!body) return [{ query: 'no_such_parameter=1' }, ...queries]
  const fields = [...new Set(alternativesOf(body).flatMap(shapeOf))]
  const bodies = fields.flatMap(field => WRONG.map(value => ({ body: JSON.stringify({ [field]: value }) })))
  // A body without any field may be a valid request, such as that of a long backtest.
  const empty = body.safeParse({}).success ? [] : ['{}']
  const wholes = [...empty, '{"no_such_field":1}', '[]', '"text"', '{"broken":', ''].map(text => ({ body: text }))
  return [...queries, ...bodies, ...wholes]
}

async function answerTo({ method, path }: Declaration, { query, body }: Attempt) {
  const ending = new AbortController()
  const answer = await fetch(
    `${running.url}${path
      .replace('{partition}', '0')
      .replace('{name}', 'downloads')
      .replace('{fingerprint}', '0123456789abcdef')
      .replace('{date}', '2026-01-15')
      .replace(/\{\w+\}/g, 'nothing')}${query === undefined ? '' : `?${query}`}`,
    {
      method,
      redirect: 'manual',
      signal: ending.signal,
      headers: { authorization: `Bearer ${ADMIN}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    },
  )
  const problem = answer.status >= 400 && answer.headers.get('content-type')?.includes('json') ? await answer.json() : {}
  // A stream has no end.
  ending.abort()
  return { status: answer.status, problem: problem as { code?: string; detail?: string; field?: string } }
}

/** Spans of time that begin or end where a calendar does, or where the stores' do. */
const SPANS = [
  { from: '0001-01-01', to: '9999-12-31' },
  { from: '1900-01-01', to: '2299-12-31' },
  { from: '1969-12-31' },
  { to: '9999-12-31' },
  { to: '1900-01-02' },
  { at: '0001-01-01' },
  { at: '9999-12-31' },
] as const

/** Requests with such a span in the fields that the route has. */
function extremes({ query, body }: Declaration): readonly Attempt[] {
  const [queries, bodies] = [shapeOf(query), alternativesOf(body).flatMap(shapeOf)]
  return SPANS.flatMap(span => {
    const names = Object.keys(span)
    const inQuery = names.every(name => queries.includes(name)) ? [{ query: new URLSearchParams(span).toString() }] : []
    const inBody = names.every(name => bodies.includes(name)) ? [{ body: JSON.stringify(span) }] : []
    return [...inQuery, ...inBody]
  })
}

/** Ingest answers in the forms of many vendors. */
const isIngest = ({ access, method }: Declaration) => access === 'write key' || method === 'OPTIONS'

test('every refusal of every route has a code and a text, and names the field if a value is wrong', async () => {
  const wrong: string[] = []
  let refused = 0
  for (const declaration of declarations.filter(one => !isIngest(one))) {
    for (const attempt of attempts(declaration)) {
      const { status, problem } = await answerTo(declaration, attempt)
      if (status < 400) continue
      refused++
      const { code = '', detail = '', field } = problem
      const isWhole = /^[a-z]+(_[a-z]+)*$/.test(code) && code !== 'bad_request' && detail.length > 0 && !/is invalid$/.test(detail)
      const isNamed = attempt.field === undefined || status !== 400 || field?.split('.')[0] === attempt.field
      const isParseError = attempt.body === '' || attempt.body === '{"broken":'
      if (status >= 500 || !(isParseError || isWhole) || !code || !isNamed)
        wrong.push(`${declaration.method} ${declaration.path} ${JSON.stringify(attempt)}: ${status} ${JSON.stringify(problem)}`)
    }
  }
  expect(wrong).toEqual([])
  expect(refused).toBeGreaterThan(200)
}, 120_000)

test('no route for a role ignores a parameter that it does not have', async () => {
  const ignored: string[] = []
  for (const declaration of declarations.filter(one => !isIngest(one) && one.access !== 'anyone')) {
    const { status, problem } = await answerTo(declaration, { query: 'no_such_parameter=1', ...(declaration.body && { body: '{}' }) })
    // A parameter that is missing is named first.
    const isNamed = status === 400 && ['no_such_parameter', 'q'].includes(problem.field ?? '')
    if (!isNamed) ignored.push(`${declaration.method} ${declaration.path}: ${status} ${JSON.stringify(problem)}`)
  }
  expect(ignored).toEqual([])
})

test('no span of time makes a route fail', async () => {
  const wrong: string[] = []
  for (const declaration of declarations) {
    for (const attempt of extremes(declaration)) {
      const { status, problem } = await answerTo(declaration, attempt)
      if (status >= 500)
        wrong.push(`${declaration.method} ${declaration.path} ${JSON.stringify(attempt)}: ${status} ${JSON.stringify(problem)}`)
    }
  }
  expect(wrong).toEqual([])
}, 120_000)
