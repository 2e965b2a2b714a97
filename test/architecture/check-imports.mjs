// Checks the import rules of .dependency-cruiser.cjs. Fails on a violation, and when it has not read the tree: a checker
// that saw nothing must not be green. `--json` writes { modules, dependencies, violations: [{ rule, from, to }] }.
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const { options, forbidden } = createRequire(import.meta.url)(join(process.cwd(), '.dependency-cruiser.cjs'))
const folders = ['packages', 'services', 'test']
const sources = folders.flatMap(folder =>
  readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(name => /^(packages|services)\/[^/]+\/src\/.*\.ts$|^test\/.*\.ts$/.test(name) && !/node_modules|\/dist\//.test(name)),
)

const { output } = await cruise(
  sources,
  { ...options, ruleSet: { forbidden }, validate: true },
  {},
  { tsConfig: extractTSConfig('tsconfig.json') },
)
if (typeof output === 'string') throw new Error('the checker gave text')

const read = new Set(output.modules.map(module => module.source))
const unread = sources.filter(source => !read.has(source))
const violations = output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
const dependencies = output.summary.totalDependenciesCruised ?? 0
const blind = sources.length === 0 || unread.length > 0 || dependencies < sources.length / 2

if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ modules: sources.length, dependencies, violations })}\n`)
} else {
  for (const { rule, from, to } of violations) {
    const why = forbidden.find(({ name }) => name === rule)?.comment ?? ''
    process.stderr.write(`${from} → ${to}\n  ${rule}: ${why}\n`)
  }
  process.stderr.write(`${sources.length} modules and ${dependencies} imports read, ${violations.length} against the rules\n`)
}
if (blind)
  process.stderr.write(
    `the checker did not read the tree: ${unread.length} of ${sources.length} modules unread, ${dependencies} imports seen\n`,
  )
process.exitCode = violations.length > 0 || blind ? 1 : 0
