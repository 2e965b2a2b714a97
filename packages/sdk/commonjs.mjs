// Builds the entry for require(): one file, and the types again in a folder whose package is of type commonjs.
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: 'src/node/index.ts',
    target: 'node18',
    outDir: 'dist/node',
    emptyOutDir: false,
    rolldownOptions: { output: { format: 'cjs', entryFileNames: 'index.cjs' } },
  },
})
rmSync('dist/commonjs', { recursive: true, force: true })
for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' }))
  if (name.endsWith('.d.ts')) cpSync(join('dist', name), join('dist/commonjs', name))
writeFileSync('dist/commonjs/package.json', '{ "type": "commonjs" }\n')
