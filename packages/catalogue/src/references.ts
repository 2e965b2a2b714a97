import { type Names, sizeOf, wordsOf } from './nearest.ts'
import { type Path, recordOf } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { declarationsOf, type TrackingPlan } from './tracking-plan.ts'
import { filterMistake, mistakeText } from './where.ts'
import type { YamlFile } from './yaml-file.ts'

/** Parts of a product file, and problems at their lines. */
export type FileParts = Pick<YamlFile<unknown>, 'problem' | 'at' | 'nearest'>

/** A tracking plan in which some properties may be known by name only. */
export interface KnownPlan {
  readonly plan: TrackingPlan
  /** Properties whose declarations have mistakes that leave their type unknown. */
  readonly unsure: ReadonlySet<string>
}

/**
 * The problem of a word that is not one of the valid ones.
 * @param what introduces the word in the message, such as "unknown metric"
 * @param declaredIn the file that declares the valid words
 */
export function unknownWord(file: FileParts, path: Path, what: string, word: string, valid: Names, declaredIn?: string): Problem {
  const size = sizeOf(valid)
  if (size > 0) return file.problem(path, `${what} "${word}", expected ${oneOf(wordsOf(valid), size)}`, file.nearest(word, valid))
  if (declaredIn === undefined) return file.problem(path, `${what} "${word}": there is none to choose from`)
  return { ...file.problem(path, `${what} "${word}": ${declaredIn} declares none`), undeclaredIn: declaredIn }
}

const MAX_LISTED = 50

/** `one of a, b, c`, with at most {@link MAX_LISTED} words. */
export function oneOf(words: Iterable<string>, size: number): string {
  const listed: string[] = []
  for (const word of words) if (listed.push(word) === MAX_LISTED) break
  const rest = size > listed.length ? `, … (${size.toLocaleString('en-US')} in all)` : ''
  return `one of ${listed.join(', ')}${rest}`
}

/** Problems of an event with properties, at the path of a file, that does not match the tracking plan. */
export function eventProblems(file: FileParts, path: Path, { plan, unsure }: KnownPlan): readonly Problem[] {
  const { event, properties } = recordOf(file.at(path))
  if (typeof event !== 'string') return []
  const kind = plan.events.get(event)
  const unknown = kind
    ? []
    : [file.problem([...path, 'event'], `the tracking plan has no event "${event}"`, file.nearest(event, plan.events))]
  // For an unknown event only properties that no event has are reported.
  const valid = kind ? kind.properties : declarationsOf(plan)
  return [
    ...unknown,
    ...Object.entries(recordOf(properties)).flatMap(([name, value]): readonly Problem[] => {
      const at = [...path, 'properties', name]
      if (!valid.has(name) && !unsure.has(name))
        return [unknownWord(file, at, kind ? `${event} has no property` : 'no event has the property', name, valid)]
      const property = kind?.properties.get(name)
      if (!property || unsure.has(name) || !isScalar(value)) return []
      const mistake = filterMistake({ property: name, op: 'in', values: [value] }, property)
      return mistake ? [file.problem(at, mistakeText(mistake), file.nearest(String(value), mistake.valid))] : []
    }),
  ]
}

const isScalar = (value: unknown) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
