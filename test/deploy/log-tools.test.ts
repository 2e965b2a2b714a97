import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { loadProduct } from '@northstar/catalogue'
import { migrateEventLog, openEventLog, topicOf } from '@northstar/event-log/open'
import { encodeRecord, encodeRows, planFingerprint } from '@northstar/events'
import { createLogger } from '@northstar/runtime'
import { tempFolder } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../support/northstar.ts'
import { findProgram } from '../support/programs.ts'

const brokers = serverFor('kafka')
const programs = ['kcat', 'python3'].map(name => findProgram(name, 'test/deploy/log-tools.test.ts'))

/**
 * The library of the engine in process contains `clickhouse local`, whose command line Node's bindings do not offer. This calls it with the
 * arguments and standard input of the process.
 */
const CLICKHOUSE_LOCAL = `
import ctypes, os, sys
library = ctypes.CDLL(os.environ['CHDB_LIBRARY'])
arguments = [b'clickhouse'] + [argument.encode() for argument in sys.argv[2:]]
def function(name, result, *types):
    found = getattr(library, name)
    found.restype, found.argtypes = result, types
    return found
run = function('chdb_query_cmdline', ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p))
result = run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments))
error = function('chdb_result_error', ctypes.c_char_p, ctypes.c_void_p)(result)
if error:
    sys.exit(error.decode())
length = function('chdb_result_length', ctypes.c_size_t, ctypes.c_void_p)(result)
buffer = function('chdb_result_buffer', ctypes.c_void_p, ctypes.c_void_p)(result)
sys.stdout.buffer.write(ctypes.string_at(buffer, length))
`

/** The `clickhouse` of the PATH: a shell script that calls the library. */
async function installClickHouse(folder: string): Promise<void> {
  const packages = join(ROOT, 'node_modules/@chdb')
  const libraries = (await readdir(packages)).map(name => join(packages, name, 'libchdb.so'))
  await writeFile(join(folder, 'local.py'), CLICKHOUSE_LOCAL)
  const script = `#!/bin/sh\nCHDB_LIBRARY='${libraries[0]}' exec python3 '${join(folder, 'local.py')}' "$@"\n`
  await writeFile(join(folder, 'clickhouse'), script, { mode: 0o755 })
}

/** The command in backquotes in ARCHITECTURE.md that begins with these words. */
async function documented(words: string): Promise<string> {
  const text = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  const found = new RegExp(`\`(${words}[^\`]+)\``).exec(text)?.[1]
  if (found === undefined) throw new Error(`ARCHITECTURE.md has no command ${words}`)
  return found
}

describe.skipIf(!brokers || programs.includes(undefined))('the log read by the tools of Kafka and ClickHouse', () => {
  test('prints the events of a record by the documented commands', async () => {
    const { catalogue } = loadProduct(join(ROOT, 'deploy/products/caro'), {})
    const { columns } = catalogue.plan
    const settings = {
      product: `tools-${process.pid}-${Date.now().toString(36)}`,
      kafka: { brokers: [brokers ?? ''], ssl: false },
      folder: '',
      partitions: 1,
    }
    const ids = { timestamp: Date.parse('2026-01-20T12:00:00.250Z'), received_at: Date.parse('2026-01-20T12:00:01Z'), session_id: '' }
    const rows = [
      { ...ids, event: 'command_generated', id: 'a', user_id: '0000000000000007', category: "it's", platform: 'linux', version: '1' },
      { ...ids, event: 'crash', id: 'b', user_id: '000000010000000f', stack_trace: 'panic:\n  näive 🎈', platform: 'macos', version: '1' },
    ]
    await migrateEventLog(settings, 'log-tools')
    const log = await openEventLog(settings, { logger: createLogger('silent', 'test'), clientId: 'log-tools' })
    await log.append([{ partition: 0, ...encodeRecord(encodeRows(columns, rows), planFingerprint(catalogue.plan)) }])
    await log.close()

    const tools = await tempFolder('log-tools')
    await installClickHouse(tools.path)
    const kcat = (await documented('kcat '))
      .replace('localhost:9092', brokers ?? '')
      .replace('northstar.caro.events', topicOf(settings.product))
    const local = await documented('clickhouse local ')
    const { stdout } = await promisify(execFile)('sh', ['-c', `${kcat} | ${local} --format JSONEachRow`], {
      env: { ...process.env, PATH: `${tools.path}${delimiter}${process.env.PATH}` },
    })
    const given = { timestamp: '2026-01-20 12:00:00.250', received_at: '2026-01-20 12:00:01.000', session_key: 0, version: '1' }
    expect(
      stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toEqual([
      { ...given, event: 'command_generated', user_key: 7, category: "it's", platform: 'linux', stack_trace: null },
      { ...given, event: 'crash', user_key: 0x10000000f, category: null, platform: 'macos', stack_trace: 'panic:\n  näive 🎈' },
    ])
    await tools.remove()
  })
})
