import ts from 'typescript'
import { expect, test } from 'vitest'
import { isTest, readSources, type SourceFile } from './source-files.ts'

const LONGEST_FUNCTION = 80

interface Found {
  readonly name: string
  readonly lines: number
}

/** Functions longer than {@link LONGEST_FUNCTION} lines. The lines of nested functions count. */
function longFunctions({ path, text }: SourceFile): readonly Found[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS)
  const found: Found[] = []
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const lines = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1
      const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
      if (lines > LONGEST_FUNCTION) found.push({ name: `${path} ${named?.getText() ?? 'a function'}`, lines })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

test(`no function is longer than ${LONGEST_FUNCTION} lines`, async () => {
  const sources = (await readSources()).filter(({ path }) => /^(packages|services)\/.*\.tsx?$/.test(path) && !isTest(path))
  expect(sources.flatMap(longFunctions)).toEqual([])
})

test('a long function is found, also as an arrow or a method', () => {
  const body = 'work()\n'.repeat(LONGEST_FUNCTION)
  const text = `function one() {\n${body}}\nconst two = () => {\n${body}}\nconst it = { three() {\n${body}} }\nfunction short() {\nwork()\n}`
  expect(longFunctions({ path: 'x.ts', text }).map(({ name }) => name)).toEqual(['x.ts one', 'x.ts two', 'x.ts three'])
})

test('lines of packages and services, without tests', async () => {
  const sources = (await readSources()).filter(
    ({ path }) => /^(packages|services)\/[^/]+\/src\/.*\.(tsx?|css)$/.test(path) && !isTest(path),
  )
  const lines = (prefix: string) =>
    sources.filter(({ path }) => path.startsWith(prefix)).reduce((sum, { text }) => sum + text.split('\n').length - 1, 0)
  process.stdout.write(`lines without tests: packages ${lines('packages/')}, services ${lines('services/')}\n`)
  expect(lines('')).toBeGreaterThan(10_000)
})
