import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

export const MANIFEST = 'backup.json'

const schema = z.object({
  format: z.literal(1),
  product: z.string(),
  partitions: z.int().min(1),
  createdAt: z.iso.datetime(),
})

/** The manifest of a complete backup. */
export type Manifest = z.infer<typeof schema>

/** @throws Error with the code `not_a_backup` */
export async function readManifest(folder: string): Promise<Manifest> {
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')))
  } catch (error) {
    const message = `${folder} is not a complete backup: it has no valid ${MANIFEST}, which is written last`
    throw Object.assign(new Error(message, { cause: error }), { code: 'not_a_backup' })
  }
}
