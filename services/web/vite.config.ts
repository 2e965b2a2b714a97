import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const outDir = fileURLToPath(new URL('./dist', import.meta.url))

/** Compressed once here instead of at every request. */
const compressed: Plugin = {
  name: 'compressed',
  async closeBundle() {
    for (const file of await readdir(outDir, { recursive: true })) {
      if (!/\.(js|css|svg|html)$/.test(file)) continue
      const path = join(outDir, file)
      await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }))
    }
  },
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [compressed],
  // Packages are bundled from their sources, so that no build waits for another.
  resolve: { conditions: ['northstar-source', ...defaultClientConditions] },
  build: {
    outDir,
    emptyOutDir: true,
    // light-dark() stays as it is written.
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
