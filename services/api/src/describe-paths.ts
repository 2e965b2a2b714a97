import { z } from 'zod'
import type { OpenApiPart } from './openapi.ts'

/** A route as people are told of it. */
export interface Described {
  readonly summary: string
  /** Needs no token. */
  readonly anyone?: boolean
  readonly query?: Readonly<Record<string, z.ZodType>>
  readonly body?: z.ZodType
  /** Bodies of other types than JSON. */
  readonly bodies?: Readonly<Record<string, object>>
  /** What an answer holds; a text tells of one without a body, or of another type. */
  readonly answers: Readonly<Record<number, z.ZodType | string>>
  readonly type?: string
}

const PROBLEM = {
  description: 'What is wrong (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

const WORDS: Readonly<Record<string, string>> = { 200: 'The answer.', 201: 'It is made.', 202: 'It is taken.' }

/** The paths of an OpenAPI document, from `METHOD /path/{parameter}` and what is to be told of each. */
export function describePaths(routes: Readonly<Record<string, Described>>): OpenApiPart {
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, described] of Object.entries(routes)) {
    const [method = '', path = ''] = route.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(path, described) }
  }
  return { paths }
}

function operation(path: string, { summary, anyone, query = {}, body, bodies = {}, answers, type }: Described): object {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema: jsonSchema(schema, 'input') })),
  ]
  const content = { ...(body && { 'application/json': { schema: jsonSchema(body, 'input') } }), ...bodies }
  const responses = Object.entries(answers).map(([status, answer]) => [
    status,
    typeof answer === 'string'
      ? { description: answer, ...(type && { content: { [type]: { schema: { type: 'string' } } } }) }
      : {
          description: answer.description ?? WORDS[status] ?? 'The answer.',
          content: { 'application/json': { schema: jsonSchema(answer) } },
        },
  ])
  return {
    summary,
    security: anyone ? [] : [{ token: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(Object.keys(content).length > 0 && { requestBody: { required: true, content } }),
    responses: { ...Object.fromEntries(responses), default: PROBLEM },
  }
}

/** Without the dialect's name, which the document gives once. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
