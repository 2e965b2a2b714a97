import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyTree, runIn, type TreeCopy } from './tree-copy.ts'

const BIOME = 'node_modules/@biomejs/biome/bin/biome'

/** Code that the linter must refuse, by rule. */
const REFUSED: readonly (readonly [rule: string, text: string])[] = [
  ['suspicious/noExplicitAny', 'export const a = (b: any) => b\n'],
  ['suspicious/noConsole', `console.log('x')\n`],
  ['suspicious/noSkippedTests', `import { test } from 'vitest'\n\ntest.skip('x', () => {})\n`],
  ['suspicious/noFocusedTests', `import { test } from 'vitest'\n\ntest.only('x', () => {})\n`],
  ['style/noNonNullAssertion', 'export const first = (list: string[]) => list[0]!\n'],
  ['style/noDefaultExport', 'export default 1\n'],
  ['style/noProcessEnv', 'export const home = process.env.HOME\n'],
  ['nursery/noFloatingPromises', 'async function work(): Promise<void> {}\n\nexport function start() {\n  work()\n}\n'],
]

let copy: TreeCopy
beforeAll(async () => {
  copy = await copyTree({ sources: false })
})
afterAll(() => copy.remove())

async function lint(file: string, text: string): Promise<{ readonly code: number; readonly output: string }> {
  await copy.write(file, text)
  const { code, stdout, stderr } = await runIn(copy.path, BIOME, ['lint', '--vcs-enabled=false', '--error-on-warnings', file])
  return { code, output: stdout + stderr }
}

test.each(REFUSED)('%s is refused', async (rule, text) => {
  const { code, output } = await lint(`packages/x/src/${rule.replace('/', '-').toLowerCase()}.ts`, text)
  expect(output).toContain(`lint/${rule}`)
  expect(code).toBe(1)
})

test.each(['packages/runtime/src/settings.ts'])('%s may read the environment', async file => {
  const { code, output } = await lint(file, 'export const home = process.env.HOME\n')
  expect(code, output).toBe(0)
})

test('code that is not formatted fails the check', async () => {
  await copy.write('packages/x/src/format.ts', 'export const a   =  "1";\n')
  const { code } = await runIn(copy.path, BIOME, ['check', '--vcs-enabled=false', 'packages/x/src/format.ts'])
  expect(code).toBe(1)
})
