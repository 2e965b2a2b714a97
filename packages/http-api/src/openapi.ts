import type { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from 'zod-openapi'
import { problem } from './common.ts'
import type { Declaration } from './declare.ts'
import { declarations } from './index.ts'

const PROBLEM = problem.meta({ id: 'Problem' })
const DESCRIPTIONS: Readonly<Record<string, string>> = { 201: 'Created.', 202: 'Accepted.', 503: 'Not available.' }

/** The OpenAPI document of all declared routes, also those that this process does not serve. */
export function openApi(): { readonly openapi: string } {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const declaration of declarations) {
    const { method, path } = declaration
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(declaration) }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'Northstar', version: '1', description: 'Self-hosted release telemetry.' },
      paths,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    {
      // Fields may be added to answers.
      override({ jsonSchema, io }) {
        if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      },
    },
  )
}

function operation({ summary, access, params, query, body, answers, types }: Declaration): ZodOpenApiOperationObject {
  const responses = Object.entries(answers).map(([status, answer]) => [status, response(status, answer, types?.answer)] as const)
  const bodies = [...(body ? [['application/json', { schema: body }] as const] : []), ...(types?.body ?? []).map(untyped)]
  return {
    summary,
    description: access === 'anyone' ? 'Without a token.' : `Needs: ${access}.`,
    security: access === 'anyone' ? [] : [{ token: [] }],
    requestParams: { ...(params && { path: params }), ...(query && { query }) },
    ...(bodies.length > 0 && { requestBody: { required: true, content: Object.fromEntries(bodies) } }),
    responses: {
      ...Object.fromEntries(responses),
      default: { description: 'The error (RFC 9457).', content: { 'application/problem+json': { schema: PROBLEM } } },
    },
  }
}

function response(status: string, answer: z.ZodType | string, types: readonly string[] = []): ZodOpenApiResponseObject {
  const others = types.map(untyped)
  if (typeof answer === 'string') return { description: answer, ...(others.length > 0 && { content: Object.fromEntries(others) }) }
  const content = Object.fromEntries([['application/json', { schema: answer }] as const, ...others])
  return { description: answer.description ?? DESCRIPTIONS[status] ?? 'The answer.', content }
}

const untyped = (type: string) => [type, { schema: type.includes('json') ? {} : { type: 'string' as const } }] as const
