import picomatch from 'picomatch'
import { readCobertura } from './cobertura.ts'
import { readLcov } from './lcov.ts'
import { CoverageUnusable, type CoveredLines } from './lines.ts'

/** Reads an lcov or a Cobertura report. @throws CoverageUnusable */
export function readCoverage(text: string): CoveredLines {
  // `trimStart` also removes a byte order mark.
  const content = text.trimStart()
  const files = content.startsWith('<') ? readCobertura(content) : readLcov(content)
  if (![...files.values()].some(lines => lines.size > 0))
    throw new CoverageUnusable('it has no lines: expected lcov (SF:, DA:) or Cobertura XML')
  return files
}

/** Patterns by category. The category `overall` of all files is always added. */
export type Categories = ReadonlyMap<string, readonly string[]>

/**
 * The share of executed lines by category. Paths are relative to `root`.
 * @throws CoverageUnusable for a category without a line
 */
export function coverageByCategory(files: CoveredLines, categories: Categories, root: string): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const [category, patterns] of new Map([['overall', ['**']], ...categories])) {
    const matches = picomatch([...patterns], { dot: true })
    const lines = [...files].filter(([file]) => matches(belowRoot(file, root))).flatMap(([, found]) => [...found.values()])
    if (lines.length === 0) throw new CoverageUnusable(`the category ${category} has no lines: no file matches ${patterns.join(', ')}`)
    shares.set(category, lines.filter(Boolean).length / lines.length)
  }
  return shares
}

function belowRoot(file: string, root: string): string {
  const path = file.replaceAll('\\', '/').replace(/^\.\//, '')
  const base = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`
  return path.startsWith(base) ? path.slice(base.length) : path.replace(/^\/+/, '')
}
