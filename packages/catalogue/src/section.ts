import type * as z from 'zod'
import type { Problem } from './problems.ts'
import type { KnownPlan } from './references.ts'
import type { Env } from './secrets.ts'
import type { YamlFile } from './yaml-file.ts'

/** A key under which a section publishes names that later sections refer to. */
export interface Declaration<T> {
  readonly name: string
  /** Never present; carries the type. */
  readonly type?: T
}

export interface SectionContext {
  /** Undefined if the tracking plan cannot be read. */
  readonly plan: KnownPlan | undefined
  /** The values of `${NAME}`. */
  readonly env: Env
  /** The time of loading, epoch ms. */
  readonly now: number
  /** The declaration of an earlier section; undefined when its file cannot be read or the section is not loaded. */
  declared<T>(declaration: Declaration<T>): T | undefined
  declare<T>(declaration: Declaration<T>, value: T): void
}

export interface Built<T> {
  /** Used only if no file of the folder has mistakes. */
  readonly value?: T
  readonly problems?: readonly Problem[]
  readonly warnings?: readonly Problem[]
}

/** One file of the product folder, declared by the domain that owns it. */
export interface Section<T> {
  /** The file's name, such as `alerts.yaml`. */
  readonly file: string
  /** The schema that the loader checks. */
  readonly schema: z.ZodType
  /** A more precise schema for editors. Default: `schema`. */
  readonly editorSchema?: z.ZodType
  /**
   * Checks the file against the declarations of earlier sections, and builds its value. `file` is null if the folder has none. Also called
   * when files have mistakes, so that all mistakes are reported at once.
   */
  build(file: YamlFile<unknown> | null, context: SectionContext): Built<T>
}

export type Sections = Readonly<Record<string, Section<unknown>>>

/** A {@link Section} whose `build` gets the file with the type of its schema. */
export function defineSection<S extends z.ZodType, T>(
  section: Omit<Section<T>, 'schema' | 'build'> & {
    readonly schema: S
    build(file: YamlFile<z.output<S>> | null, context: SectionContext): Built<T>
  },
): Section<T> {
  return section
}
