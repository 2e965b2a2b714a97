/**
 * This process serves the part of ClickHouse's HTTP protocol that `@clickhouse/client` needs for ping, query, command, exec and insert, from
 * the in-process engine. Arguments: folder, port (0: any free one), accounts as JSON; for TLS also the files of certificate and key.
 */
import { randomUUID } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, gzipSync } from 'node:zlib'
import { Session } from 'chdb'
import { escapeLiteral, inFileStatement, isOneStatement } from './clickhouse-statements.ts'

/** Query-string names that are not settings of the engine. */
const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'compress',
  'decompress',
  'quota_key',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'cancel_http_readonly_queries_on_client_close',
])

interface Failure {
  readonly status: number
  readonly code: number
  readonly text: string
}

/** An account of the server. */
export interface Account {
  readonly user: string
  readonly password: string
  /** Whether it may only read, as `readonly = 1` of a profile. */
  readonly readOnly?: boolean
}

function main(): void {
  const [folderArgument = '', port = '0', accounts = '[]', certFile, keyFile] = process.argv.slice(2)
  const folder = resolve(folderArgument)
  const data = join(folder, 'data')
  // This session keeps the engine open. Each statement runs in its own session, so that settings end with their request.
  const engine = new Session(data)
  const answer = createAnswer({ data, bodies: join(folder, 'bodies'), accounts: JSON.parse(accounts) as Account[] })

  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response)
  const server =
    certFile && keyFile ? createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, listener) : createServer(listener)
  server.keepAliveTimeout = 10_000
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') process.send?.({ port: address.port })
  })

  const end = (): void => {
    server.close()
    server.closeAllConnections()
    engine.close()
    process.exit(0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  // The test's process has ended, so nothing else would stop this one.
  process.on('disconnect', end)
}

interface FrontConfig {
  /** The engine's folder. */
  readonly data: string
  /** The folder of request bodies while their statements run. */
  readonly bodies: string
  readonly accounts: readonly Account[]
}

/** Returns a handler that authenticates a request, stores its body in a file and runs its statement. */
function createAnswer({ data, bodies, accounts }: FrontConfig) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname.endsWith('/ping')) {
      response.end('Ok.\n')
      return
    }
    const queryId = url.searchParams.get('query_id') ?? randomUUID()
    response.setHeader('X-ClickHouse-Query-Id', queryId)
    response.setHeader('X-ClickHouse-Server-Display-Name', 'northstar-testkit')
    response.setHeader('X-ClickHouse-Timezone', 'UTC')
    const body = join(bodies, randomUUID())
    const closed = new AbortController()
    response.once('close', () => closed.abort())
    try {
      const account = accountOf(request, url.searchParams, accounts)
      if (!account) {
        throw { status: 401, code: 516, text: 'Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)' } satisfies Failure
      }
      await mkdir(bodies, { recursive: true })
      await storeBody(request, body)
      if (account.readOnly) url.searchParams.set('readonly', '1')
      const result = await run(data, url.searchParams, { body, closed: closed.signal })
      response.setHeader('X-ClickHouse-Summary', JSON.stringify(result.summary))
      if (url.searchParams.get('enable_http_compression') === '1' && /gzip/.test(request.headers['accept-encoding'] ?? '')) {
        response.setHeader('Content-Encoding', 'gzip')
        response.end(gzipSync(result.bytes, { level: 1 }))
      } else {
        response.end(result.bytes)
      }
    } catch (error) {
      const failure = toFailure(error)
      response.statusCode = failure.status
      response.setHeader('X-ClickHouse-Exception-Code', String(failure.code))
      response.end(`${failure.text}\n`)
    } finally {
      await rm(body, { force: true })
    }
  }
}

function accountOf(request: IncomingMessage, params: URLSearchParams, accounts: readonly Account[]): Account | undefined {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const name = request.headers['x-clickhouse-user'] ?? params.get('user')
  const key = request.headers['x-clickhouse-key'] ?? params.get('password')
  const given = basic === undefined ? `${name}:${key}` : Buffer.from(basic, 'base64').toString()
  return accounts.find(({ user, password }) => given === `${user}:${password}`)
}

async function storeBody(request: IncomingMessage, file: string): Promise<void> {
  const target = createWriteStream(file)
  if (request.headers['content-encoding'] === 'gzip') await pipeline(request, createGunzip(), target)
  else await pipeline(request, target)
}

interface Sent {
  /** The file of the body. */
  readonly body: string
  /** Aborts when the connection closes. */
  readonly closed: AbortSignal
}

/** Runs the statement of a request in a new session. As on a server, the request may ask that it end with its connection. */
async function run(
  data: string,
  params: URLSearchParams,
  { body, closed }: Sent,
): Promise<{ bytes: Uint8Array; summary: Record<string, string> }> {
  const started = process.hrtime.bigint()
  const session = new Session(data)
  try {
    for (const statement of preparations(params)) await session.queryAsync(statement)
    const text = await statementOf(params, body)
    if (text !== undefined && params.get('cancel_http_readonly_queries_on_client_close') === '1') {
      closed.addEventListener('abort', () => void kill(data, text), { once: true })
    }
    const result =
      text === undefined ? undefined : await session.queryAsync(text, { format: params.get('default_format') ?? 'TabSeparated' })
    const rows = String(result?.rowsRead ?? 0)
    const bytes = String(result?.bytesRead ?? 0)
    return {
      bytes: result?.bytes() ?? new Uint8Array(),
      summary: {
        read_rows: rows,
        read_bytes: bytes,
        written_rows: '0',
        written_bytes: '0',
        total_rows_to_read: '0',
        result_rows: rows,
        result_bytes: bytes,
        elapsed_ns: String(process.hrtime.bigint() - started),
      },
    }
  } finally {
    session.close()
  }
}

async function kill(data: string, statement: string): Promise<void> {
  const session = new Session(data)
  try {
    await session.queryAsync(`KILL QUERY WHERE startsWith(query, ${escapeLiteral(statement)}) ASYNC`)
  } finally {
    session.close()
  }
}

/** The statements that prepare a request's session: database, parameters, settings, and `readonly` last because it forbids further settings. */
function preparations(params: URLSearchParams): string[] {
  const statements: string[] = []
  const settings: string[] = []
  let readonly: string | undefined
  for (const [name, value] of params) {
    if (NOT_SETTINGS.has(name)) continue
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw { status: 400, code: 115, text: unknownSetting(name) } satisfies Failure
    if (name.startsWith('param_')) statements.push(`SET ${name} = ${escapeLiteral(value)}`)
    else if (name === 'readonly') readonly = value
    else settings.push(`SET ${name} = ${escapeLiteral(value)}`)
  }
  const database = params.get('database')
  const use = database === null ? [] : [`USE ${'`'}${database.replace(/[`\\]/g, '\\$&')}${'`'}`]
  return [...use, ...statements, ...settings, ...(readonly === undefined ? [] : [`SET readonly = ${escapeLiteral(readonly)}`])]
}

async function statementOf(params: URLSearchParams, body: string): Promise<string | undefined> {
  const query = params.get('query')
  const { size } = await stat(body)
  if (query === null) {
    return oneStatement(await readFile(body, 'utf8'))
  }
  const insert = inFileStatement(query, body)
  if (insert !== undefined) return size === 0 ? undefined : insert
  if (size > 0) throw { status: 501, code: 48, text: notSupported('a body with a query that is not INSERT … FORMAT') } satisfies Failure
  return oneStatement(query)
}

/** The in-process engine accepts several statements in one text; a server refuses them. */
function oneStatement(text: string): string {
  if (isOneStatement(text)) return text
  throw {
    status: 400,
    code: 62,
    text: 'Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)',
  } satisfies Failure
}

function unknownSetting(name: string): string {
  return `Code: 115. DB::Exception: Setting ${JSON.stringify(name)} is neither a builtin setting nor started with the prefix 'SQL_'. (UNKNOWN_SETTING)`
}

function notSupported(what: string): string {
  return `Code: 48. DB::Exception: ${what}: the ClickHouse of the tests does not support this. (NOT_IMPLEMENTED)`
}

function toFailure(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && 'status' in error) return error as Failure
  const { clickhouseCode, message } = error as { clickhouseCode?: number; message: string }
  const code = clickhouseCode ?? 1001
  const status =
    code === 60 || code === 81 ? 404 : code === 164 || code === 497 ? 403 : [62, 115, 27, 117, 36, 6].includes(code) ? 400 : 500
  // Messages of the in-process engine contain the code twice.
  return { status, code, text: message.replace(/^(Code: \d+\. DB::Exception: )(?=Code: \d+\. DB::Exception: )/, '') }
}

main()
