import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, type SpawnedProcess, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startEmbedded } from '../support/installation.ts'
import { createEvents, post } from '../support/load.ts'
import { northstar, startNorthstar } from '../support/northstar.ts'
import { createRandom, SEED } from '../support/random.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Sends the signal once `begun` holds. Returns the signal that ended the process. */
async function interrupt(command: SpawnedProcess, signal: NodeJS.Signals, begun: () => boolean | Promise<boolean>) {
  await eventually(() => begun(), { what: `the command has begun: ${command.output}` })
  command.signal(signal)
  return (await command.exited).signal
}

describe('a signal ends a command, and leaves nothing half-made', () => {
  let folder: TempFolder
  let installation: Installation
  const at = (name: string) => join(folder.path, name)

  beforeAll(async () => {
    folder = await tempFolder('signals')
    installation = await startEmbedded()
    const next = createEvents('signals', createRandom(SEED))
    for (let body = 0; body < 20; body++) {
      expect((await post(installation.ingest, JSON.stringify(Array.from({ length: 500 }, next)))).status).toBe(202)
    }
    await caughtUp(installation)
    expect(await installation.command(['backup', at('copy')])).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await installation?.remove()
    await folder?.remove()
  })

  test.each(SIGNALS)('rules test, %s: no temporary folder', async signal => {
    const temporary = at(`tmp-${signal}`)
    await mkdir(temporary)
    const command = await startNorthstar(['rules', 'test'], { ...installation.env, TMPDIR: temporary })
    expect(await interrupt(command, signal, async () => (await readdir(temporary)).length > 0)).toBe(signal)
    expect(await readdir(temporary)).toEqual([])
  })

  test('backup: its message says what to do, and the product goes on', async () => {
    const env = { ...installation.env, NORTHSTAR_URL: installation.query }
    const command = await startNorthstar(['backup', at('interrupted')], env)
    expect(await interrupt(command, 'SIGINT', () => existsSync(at('interrupted')))).toBe('SIGINT')
    if (existsSync(join(at('interrupted'), 'backup.json'))) expect(command.output).toContain('is not checked')
    const made = await eventually(async () => {
      // Until the server has finished the copy of the interrupted command.
      const { code } = await northstar(['backup', at('next')], env)
      return code === 0
    })
    expect(made).toBe(true)
    expect(await northstar(['backup', at('next')], env)).toMatchObject({ code: 1, stderr: expect.stringContaining('delete this one if') })
  })

  test.each(SIGNALS)('restore, %s: the data folder is empty, and the next restore succeeds', async signal => {
    const env = { ...installation.env, NORTHSTAR_DATA_DIR: at(`restored-${signal}`) }
    const command = await startNorthstar(['restore', at('copy')], env)
    expect(await interrupt(command, signal, () => existsSync(join(env.NORTHSTAR_DATA_DIR, 'restoring', 'log')))).toBe(signal)
    expect(await readdir(env.NORTHSTAR_DATA_DIR)).toEqual(['lock'])
    expect(await northstar(['restore', at('copy')], env)).toMatchObject({ code: 0 })
  })

  test('a restore that was killed: the product refuses the data folder until the next restore has completed', async () => {
    const env = { ...installation.env, NORTHSTAR_DATA_DIR: at('killed') }
    const command = await startNorthstar(['restore', at('copy')], env)
    expect(await interrupt(command, 'SIGKILL', () => existsSync(join(env.NORTHSTAR_DATA_DIR, 'restoring', 'log')))).toBe('SIGKILL')
    // As if it had ended between two of its last steps.
    await cp(join(at('copy'), 'state'), join(env.NORTHSTAR_DATA_DIR, 'state'), { recursive: true })
    const refused = await northstar(['up'], { ...env, NORTHSTAR_PORT: '0', NORTHSTAR_METRICS_PORT: '0' })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('run "northstar restore" again') })
    expect(await northstar(['restore', at('copy')], env)).toMatchObject({ code: 0 })
    expect((await readdir(env.NORTHSTAR_DATA_DIR)).toSorted()).toEqual(
      (await readdir(at('copy'))).map(name => (name === 'backup.json' ? 'lock' : name)).toSorted(),
    )
  })

  test('a data folder with anything else is left as it is', async () => {
    const env = { ...installation.env, NORTHSTAR_DATA_DIR: at('other') }
    await mkdir(env.NORTHSTAR_DATA_DIR, { mode: 0o700 })
    await writeFile(join(env.NORTHSTAR_DATA_DIR, 'notes'), 'mine')
    expect(await northstar(['restore', at('copy')], env)).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') })
    expect((await readdir(env.NORTHSTAR_DATA_DIR)).toSorted()).toEqual(['lock', 'notes'])
  })

  test('log --follow ends by the signal, and the product goes on', async () => {
    const command = await startNorthstar(['log', '--follow'], { ...installation.env, NORTHSTAR_URL: installation.query })
    expect(await interrupt(command, 'SIGINT', () => command.stdout.includes('"partition"'))).toBe('SIGINT')
    expect((await installation.get('/readyz')).status).toBe(200)
  })
})
