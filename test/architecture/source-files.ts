import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './tree-copy.ts'

export interface SourceFile {
  /** From the root of the workspace. */
  readonly path: string
  readonly text: string
}

/** Every file of packages, services and test but builds and dependencies. */
export async function readSources(): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = []
  for (const folder of ['packages', 'services', 'test']) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (!entry.isFile() || /\/(node_modules|dist|\.turbo)\//.test(path)) continue
      found.push({ path: path.slice(ROOT.length), text: await readFile(path, 'utf8') })
    }
  }
  if (found.length < 100) throw new Error(`only ${found.length} files found: the tree was not read`)
  return found
}

export const isTest = (path: string) => /\.test\.tsx?$|\.test-data\.ts$|\/contract\/|^test\//.test(path)
export const isSource = (path: string) => /\.(tsx?|js|mjs|cjs|css|html)$/.test(path)
