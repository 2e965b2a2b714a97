import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { loadProduct, planTypes } from './index.ts'

const CARO = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))

/** The compiler's messages about a program that uses the types. */
function mistakes(text: string): readonly string[] {
  const files = new Map([
    ['/events.ts', planTypes(loadProduct(CARO, {}).catalogue.plan)],
    ['/main.ts', `import type { Events } from './events'\n${text}`],
  ])
  const host = ts.createCompilerHost({})
  const read = host.getSourceFile
  const program = ts.createProgram(
    ['/main.ts'],
    { strict: true, noEmit: true, noLib: false, lib: ['lib.es2023.d.ts'], types: [] },
    {
      ...host,
      fileExists: path => files.has(path) || host.fileExists(path),
      getSourceFile(path, version) {
        const own = files.get(path)
        return own === undefined ? read(path, version) : ts.createSourceFile(path, own, version)
      },
    },
  )
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

test('the types of the product’s plan take what the plan takes', () => {
  expect(
    mistakes(`const a: Events['downloads'] = { channel: 'website', platform: 'linux' }
const b: Events['satisfaction_survey'] = { rating: 5 }
const c: Events['crash'] = {}
export { a, b, c }`),
  ).toEqual([])
})

test.each([
  ["Events['satisfaction_survey'] = {}", /'rating' is missing/],
  ["Events['downloads'] = { channel: 'pigeon' }", /"pigeon"' is not assignable/],
  ["Events['downloads'] = { chanel: 'website' }", /'chanel' does not exist/],
  ["Events['command'] = {}", /'command' does not exist/],
])('and refuse const x: %s', (text, message) => {
  expect(mistakes(`export const x: ${text}`)).toEqual([expect.stringMatching(message)])
})

test('descriptions cannot end their comment', () => {
  const plan = loadProduct(CARO, {}).catalogue.plan
  const [name, event] = [...plan.events][0] ?? []
  if (!name || !event) throw new Error('the plan has no events')
  const text = planTypes({ ...plan, events: new Map([[name, { ...event, description: 'a */ b' }]]) })
  expect(text).toContain('/** a *\\/ b */')
})
