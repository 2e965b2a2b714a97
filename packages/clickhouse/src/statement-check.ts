import { type ExportOptions, QueryFailed } from './port.ts'
import { parseTree, type SyntaxNode } from './syntax-tree.ts'

type Rights = Pick<ExportOptions, 'databases' | 'hiddenColumns' | 'hiddenTables'>

type Ask = <T>(sql: string, params: Readonly<Record<string, string>>) => Promise<readonly T[]>

/** Categories of `system.functions` that use only their arguments. */
const CATEGORIES = [
  ...['Arithmetic', 'Arrays', 'Bit', 'Bitmap', 'Comparison', 'Conditional', 'Dates and Times', 'Distance', 'Encoding', 'Financial'],
  ...['Geo', 'Geo Polygon', 'Hash', 'IP Address', 'JSON', 'Logical', 'Map', 'Mathematical', 'Null', 'Random Number', 'Rounding'],
  ...['String', 'String Replacement', 'String Search', 'String Splitting', 'Time Series', 'Time Window', 'Tuple', 'Type Conversion'],
  ...['URL', 'UUID'],
]
/** Allowed functions of the category `Other`, and the parser's own. */
const OTHER_FUNCTIONS = [
  '_CAST',
  ...['arrayJoin', 'lambda', 'exists', 'grouping', 'untuple', 'transform', 'identity', 'materialize', 'ignore', 'toTypeName', 'bar'],
  ...['formatReadableSize', 'formatReadableQuantity', 'formatReadableDecimalSize', 'formatReadableTimeDelta', 'parseTimeDelta'],
  ...['runningDifference', 'runningAccumulate', 'neighbor', 'rowNumberInAllBlocks', 'initializeAggregation', 'finalizeAggregation'],
  ...['variantElement', 'variantType', 'currentDatabase', 'byteSize', 'visibleWidth', 'countDigits', 'defaultValueOfTypeName', 'version'],
]
const TABLE_FUNCTIONS = new Set(['numbers', 'zeros', 'values', 'generate_series', 'generateseries', 'view'])
const SYSTEM_TABLES = new Set(['one', 'numbers', 'zeros', 'tables', 'columns', 'databases', 'functions'])
const COMBINATOR = /(?:if|array|map|distinct|ordefault|ornull|foreach|merge|mergestate|state|simplestate|resample|argmin|argmax)$/

const ONLY_READS = 'only statements that read are allowed: one SELECT without INTO OUTFILE or FORMAT'

/** Allowed statements other than SELECT, as the engine formats them. */
const OTHER_STATEMENTS = /^(?:SHOW TABLES|DESCRIBE TABLE [a-z_]\w*)$/i
const NODES = new Set([
  ...[
    'SelectWithUnionQuery',
    'SelectIntersectExceptQuery',
    'SelectQuery',
    'ExpressionList',
    'Function',
    'Identifier',
    'Literal',
    'Asterisk',
    'QualifiedAsterisk',
  ],
  ...['TablesInSelectQuery', 'TablesInSelectQueryElement', 'TableExpression', 'TableIdentifier', 'TableJoin', 'ArrayJoin', 'Subquery'],
  ...['WithElement', 'OrderByElement', 'WindowListElement', 'WindowDefinition', 'InterpolateElement', 'SampleRatio'],
])

/**
 * Returns a function that checks an ad-hoc statement by the engine's own syntax tree, and returns it as the engine formats it: exactly one
 * statement that reads, without comments. Nodes, functions, table functions and databases are checked against allow-lists. The text is parsed as
 * a value, so that it does not run before it has passed.
 */
export function createStatementCheck(ask: Ask, database: string) {
  let functions: Promise<ReadonlySet<string>> | undefined

  async function readFunctions(): Promise<ReadonlySet<string>> {
    const categories = CATEGORIES.map(name => `'${name}'`).join(', ')
    const rows = await ask<{ name: string }>(
      `SELECT lower(f.name) AS name FROM system.functions AS f LEFT JOIN system.functions AS t ON t.name = f.alias_to
       WHERE f.is_aggregate OR if(f.alias_to = '', f.categories, t.categories) IN (${categories})`,
      {},
    )
    return new Set([...rows.map(({ name }) => name), ...OTHER_FUNCTIONS.map(name => name.toLowerCase())])
  }

  /** @throws QueryFailed with the first thing that is not allowed */
  return async (sql: string, { databases = [], hiddenColumns = [], hiddenTables = [] }: Rights = {}): Promise<string> => {
    const [parsed] = await ask<{ text: string | null }>('SELECT formatQueryOrNull({sql:String}) AS text', { sql })
    if (!parsed?.text) throw await syntaxError(ask, sql)
    if (OTHER_STATEMENTS.test(parsed.text)) return parsed.text
    // As a subquery, where the engine allows only a SELECT, without INTO OUTFILE or FORMAT.
    const lines = await ask<{ explain: string }>(`SELECT * FROM (EXPLAIN AST ${parsed.text})`, {}).catch((error: unknown) => {
      throw error instanceof QueryFailed ? new QueryFailed(ONLY_READS, { cause: error }) : error
    })
    const tree = parseTree(lines.map(({ explain }) => explain))
    if (tree?.type !== 'SelectWithUnionQuery') throw new QueryFailed(ONLY_READS)
    functions ??= readFunctions().catch(error => {
      functions = undefined
      throw error
    })
    const asksEvents = hasTable(tree, 'events')
    const rights = { databases: [database, 'system', ...databases], hiddenColumns, hiddenTables }
    checkNode(tree, [], { functions: await functions, asksEvents, ...rights })
    return parsed.text
  }
}

/** Parses the statement again for the engine's message and its position. */
async function syntaxError(ask: Ask, sql: string): Promise<unknown> {
  try {
    await ask('SELECT formatQuery({sql:String}) AS text', { sql })
    return new QueryFailed('this is not one statement: send a single SELECT')
  } catch (error) {
    if (!(error instanceof QueryFailed)) return error
    const [, message = '', bytes] = /((?:Syntax error[^:]*): failed at position (\d+)[^.]*)/.exec(error.message) ?? []
    if (bytes === undefined) return error
    const position = Buffer.from(sql)
      .subarray(0, Number(bytes) - 1)
      .toString().length
    return new QueryFailed(message.trim(), { cause: error, position })
  }
}

interface Allowed extends Required<Rights> {
  readonly functions: ReadonlySet<string>
  /** Whether the statement reads `events`, the table with hidden columns. */
  readonly asksEvents: boolean
}

const hasTable = ({ type, name, children }: SyntaxNode, table: string): boolean =>
  (type === 'TableIdentifier' && tableOf(name) === table) || children.some(child => hasTable(child, table))

const tableOf = (name: string) => name.split('.').at(-1) ?? ''

function checkNode(node: SyntaxNode, above: readonly SyntaxNode[], allowed: Allowed): void {
  const refuse = (why: string) => {
    throw new QueryFailed(why)
  }
  const { type, name } = node
  if (type === 'Set') refuse('SETTINGS are not allowed in a statement')
  if (!NODES.has(type)) refuse(`${type} is not allowed in a statement`)
  if (type === 'Function') checkFunction(node, above.at(-1), allowed.functions)
  if (type === 'TableIdentifier' || type === 'Identifier') checkName(node, allowed)
  if (type.endsWith('Asterisk') && allowed.asksEvents && allowed.hiddenColumns.length > 0 && above.at(-2)?.name.toLowerCase() !== 'count')
    refuse(`name the columns: * of events includes columns that need more rights (${allowed.hiddenColumns.join(', ')})`)
  if (type === 'TableIdentifier' && allowed.hiddenTables.includes(tableOf(name))) refuse(`the table ${name} needs more rights`)
  for (const child of node.children) checkNode(child, [...above, node], allowed)
}

function checkFunction({ name }: SyntaxNode, parent: SyntaxNode | undefined, functions: ReadonlySet<string>): void {
  if (parent?.type === 'TableExpression') {
    if (!TABLE_FUNCTIONS.has(name.toLowerCase())) throw new QueryFailed(`the table function ${name} is not allowed`)
    return
  }
  for (let bare = name.toLowerCase(); ; ) {
    if (functions.has(bare)) return
    const shorter = bare.replace(COMBINATOR, '')
    if (shorter === bare) throw new QueryFailed(`the function ${name} is not allowed`)
    bare = shorter
  }
}

function checkName({ type, name }: SyntaxNode, { databases, hiddenColumns }: Allowed): void {
  const parts = name.split('.')
  const [first = '', second = ''] = parts.map(part => part.toLowerCase())
  const isOther = first === 'system' ? !SYSTEM_TABLES.has(second) : first === 'information_schema'
  const isForeign = type === 'TableIdentifier' && parts.length > 1 && !databases.some(one => one.toLowerCase() === first)
  if (isOther || isForeign) throw new QueryFailed(`${name} cannot be read`)
  if (parts.some(part => hiddenColumns.includes(part))) throw new QueryFailed(`the column ${parts.at(-1)} needs more rights`)
}
