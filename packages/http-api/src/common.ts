import { z } from 'zod'
import { ROLES } from './roles.ts'

export const time = z.iso.datetime().describe('RFC 3339.')
export const count = z.int()
export const nullable = z.number().nullable()
export const unit = z.enum(['count', 'ratio', 'ms', 'kB', 'bytes', 'hours', 'per_user', 'number'])
export const role = z.enum(ROLES)
export const severity = z.enum(['P0', 'P1', 'P2', 'P3'])
export const labels = z.record(z.string(), z.string())
export const instant = z
  .string()
  .describe('A date in the product’s zone (its start), an RFC 3339 time, or a duration before now such as -24h.')
export const limit = (maximum: number, fallback: number) =>
  z.coerce.number().int().min(1).max(maximum).default(fallback).describe('Maximum number of entries.')

export const titles = z
  .object({ properties: labels, values: z.record(z.string(), labels).describe('By property and value.') })
  .describe('Display names of properties and values from the product’s files. Others are displayed with spaces.')

export const product = z.object({ name: z.string(), title: z.string(), timezone: z.string(), launch: z.iso.date() })

/** Every error (RFC 9457). */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional().describe('The cause and the remedy.'),
  code: z.string().describe('The kind of problem, for programs.'),
  field: z.string().optional().describe('The invalid field of the request.'),
  nearest: z.string().optional().describe('The valid word that was probably meant.'),
  valid: z.array(z.string()).optional(),
})
