import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IncompatibleChange, incompatibleChanges, loadProduct } from '@northstar/catalogue'
import { InvalidArgumentError } from 'commander'
import { withTempFolder } from '../cleanup.ts'

const FILES = ['product.yaml', 'tracking-plan.yaml'] as const

/**
 * The incompatible changes of a folder's plan since a former one.
 * @param former a product folder, or a git revision of the same folder
 */
export async function changesSince(folder: string, former: string): Promise<readonly IncompatibleChange[]> {
  const planOf = (path: string) => loadProduct(path, {}).catalogue.plan
  const plan = planOf(folder)
  if (existsSync(former)) return incompatibleChanges(planOf(former), plan)
  return withTempFolder('northstar-plan-', async draft => {
    for (const file of FILES) writeFileSync(join(draft, file), fileAt(folder, former, file))
    return incompatibleChanges(planOf(draft), plan)
  })
}

function fileAt(folder: string, revision: string, file: string): Buffer {
  try {
    return execFileSync('git', ['-C', folder, 'show', '--end-of-options', `${revision}:./${file}`], { stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    throw new InvalidArgumentError(`--against ${revision}: neither a folder, nor a git revision with ${file} of ${folder}`)
  }
}
