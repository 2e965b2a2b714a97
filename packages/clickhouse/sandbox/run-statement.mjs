/**
 * Runs statements on the engine in process, then exits. Plain JavaScript, since the sandbox contains only this file and chdb.
 * Reads `{path, config, statements}` as one line of stdin; writes the output of the last statement to stdout, and then `{}` or `{error}` to the
 * file descriptor 3. Exits with 64 at the end of stdin: its caller has ended.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Session } from 'chdb'

const LINES = createInterface({ input: process.stdin })

LINES.once('line', line => void run(JSON.parse(line)))
LINES.once('close', () => process.exit(64))

async function run({ path, config, statements }) {
  try {
    const session = new Session(path, { connectionArgs: [`--config-file=${config}`] })
    const result = await session.queryAsync(statements.join(';\n'), { format: 'TabSeparated' })
    await new Promise((resolve, reject) => process.stdout.write(result.bytes(), error => (error ? reject(error) : resolve())))
    end({})
  } catch (error) {
    end({ error: String(error instanceof Error ? error.message : error) })
  }
}

function end(outcome) {
  writeSync(3, JSON.stringify(outcome))
  process.exit(0)
}
