import { XMLParser } from 'fast-xml-parser'
import * as z from 'zod'
import { addLine, CoverageUnusable } from './lines.ts'

/** Elements that are lists even if there is only one. */
const LISTS: ReadonlySet<string> = new Set(['package', 'class', 'line'])
const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', processEntities: false, isArray: name => LISTS.has(name) })

// The parser returns the empty text for an element without content.
const lines = z.object({ line: z.array(z.looseObject({ number: z.coerce.number().int(), hits: z.coerce.number() })).default([]) })
const classes = z.object({ class: z.array(z.looseObject({ filename: z.string(), lines: lines.or(z.literal('')).optional() })).default([]) })
const packages = z.object({ package: z.array(z.looseObject({ classes: classes.or(z.literal('')).optional() })).default([]) })
const report = z.looseObject({ coverage: z.looseObject({ packages: packages.or(z.literal('')).optional() }) })

/** Reads Cobertura's XML: the lines of each class. */
export function readCobertura(text: string): Map<string, Map<number, boolean>> {
  const parsed = report.safeParse(parse(text))
  if (!parsed.success) throw new CoverageUnusable('it is not a Cobertura report: expected <coverage> with packages, classes and lines')
  const files = new Map<string, Map<number, boolean>>()
  for (const { classes: inside } of (parsed.data.coverage.packages || undefined)?.package ?? []) {
    for (const { filename, lines: own } of (inside || undefined)?.class ?? []) {
      for (const { number, hits } of (own || undefined)?.line ?? []) addLine(files, decoded(filename), number, hits > 0)
    }
  }
  return files
}

function parse(text: string): unknown {
  try {
    return parser.parse(text)
  } catch (error) {
    throw new CoverageUnusable('it is not XML', { cause: error })
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Decodes XML's own entities and character references. Entities that the file declares are not expanded. */
const decoded = (text: string) =>
  text.replace(/&(?:#x([\da-f]{1,5})|#(\d{1,6})|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, name) =>
    name ? (ENTITIES[String(name).toLowerCase()] ?? '') : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  )
