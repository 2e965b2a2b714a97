import type { z } from 'zod'
import type { Role } from './roles.ts'

/** Who may call a route: anyone, the holder of a write key, or callers whose role includes this one. */
export type Access = 'anyone' | 'write key' | Role

type Status = 200 | 201 | 202 | 204 | 303 | 304 | 422 | 503

/** A route: one description for its handler's types, its validation, its access check, OpenAPI and the clients' types. */
export interface Declaration {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** With parameters in braces: `/v1/metrics/{name}`. */
  readonly path: `/${string}`
  readonly summary: string
  readonly access: Access
  readonly params?: z.ZodObject
  /** Parameters of a field that is a record have its name as prefix: `where.channel=github`. */
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Fields of the body that the audit log keeps; parameters are always kept. */
  readonly audited?: readonly string[]
  /** Schemas of JSON answers, or descriptions of other answers. */
  readonly answers: Readonly<Partial<Record<Status, z.ZodType | string>>>
  /** Media types besides JSON, of the answers and of the body. */
  readonly types?: { readonly answer?: readonly string[]; readonly body?: readonly string[] }
}

export const declare = <const D extends Declaration>(declaration: D): D => declaration

/** A deeply readonly value. */
export type Immutable<T> = T extends readonly (infer E)[]
  ? readonly Immutable<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T

export type Out<S extends z.ZodType> = Immutable<z.output<S>>

type JsonOf<S> = S extends z.ZodType ? Out<S> : undefined
type InputOf<S, Absent> = S extends z.ZodType ? Out<S> : Absent

/** The JSON of a route's answers; undefined for an answer without JSON. */
export type Answer<D extends Declaration> = { [S in keyof D['answers']]: JsonOf<D['answers'][S]> }[keyof D['answers']]

/** The validated parts of a request. */
export interface Input<D extends Declaration> {
  readonly params: InputOf<D['params'], Readonly<Record<never, never>>>
  readonly query: InputOf<D['query'], Readonly<Record<never, never>>>
  readonly body: InputOf<D['body'], undefined>
}
