import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'

async function bundle(entry: string): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: 'oxc',
      target: 'es2022',
      lib: { entry: fileURLToPath(new URL(entry, import.meta.url)), formats: ['es'] },
      rolldownOptions: { external: /^node:/ },
    },
  })) as Rolldown.RolldownOutput[]
  return built.flatMap(({ output }) => output.map(part => ('code' in part ? part.code : ''))).join('')
}

test.each(['./browser/index.ts', './node/index.ts'])('%s is under 10 kB when packed', async entry => {
  const code = await bundle(entry)
  expect(code.length).toBeGreaterThan(2_000)
  const packed = gzipSync(code).length
  process.stderr.write(`${entry}: ${code.length} bytes minified, ${packed} packed\n`)
  expect(packed).toBeLessThan(10_000)
})

test('the entry for browsers imports nothing', async () => {
  expect(await bundle('./browser/index.ts')).not.toMatch(/["']node:|\bimport\b[ ({]/)
})
