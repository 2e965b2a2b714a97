import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tempFolder } from '@northstar/testkit'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface TreeCopy {
  readonly path: string
  /** Writes a file of the copy, with the folders above it. */
  write(file: string, text: string): Promise<void>
  remove(): Promise<void>
}

/** The workspace's sources and settings in a temporary folder, to break rules in. Its packages find each other, not the originals. */
export async function copyTree(options: { readonly sources: boolean } = { sources: true }): Promise<TreeCopy> {
  const folder = await tempFolder('tree')
  const at = (...parts: string[]) => join(folder.path, ...parts)
  for (const file of ['.biome.json', '.gitignore', '.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    await cp(join(ROOT, file), at(file))
  await cp(join(ROOT, 'test'), at('test'), { recursive: true, filter: source => !source.includes('node_modules') })
  await mkdir(at('node_modules', '@northstar'), { recursive: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== '@northstar') await symlink(join(ROOT, 'node_modules', name), at('node_modules', name))
  }
  for (const kind of ['packages', 'services']) {
    await mkdir(at(kind))
    for (const name of options.sources ? await readdir(join(ROOT, kind)) : []) {
      await cp(join(ROOT, kind, name, 'package.json'), at(kind, name, 'package.json'))
      await cp(join(ROOT, kind, name, 'src'), at(kind, name, 'src'), { recursive: true })
      await symlink(at(kind, name), at('node_modules', '@northstar', name))
    }
  }
  return {
    path: folder.path,
    async write(file, text) {
      await mkdir(dirname(at(file)), { recursive: true })
      await writeFile(at(file), text)
    },
    remove: folder.remove,
  }
}

const run = promisify(execFile)

/** Runs a program of the workspace in a folder; a code other than 0 is an answer, not an error. */
export async function runIn(
  folder: string,
  program: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [join(ROOT, program), ...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const failure = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof failure.code !== 'number') throw error
    return { code: failure.code, stdout: failure.stdout ?? '', stderr: failure.stderr ?? '' }
  }
}
