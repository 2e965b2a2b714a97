/** A node of ClickHouse's syntax tree. */
export interface SyntaxNode {
  readonly type: string
  /** The name of a function, an identifier or a table; the text of a literal. */
  readonly name: string
  readonly children: SyntaxNode[]
}

const LINE = /^( *)(\w+)(?: +(.*?))??(?: \(alias (.+?)\))?(?: \(children (\d+)\))?$/

/**
 * Parses the answer of `EXPLAIN AST`. Null if a line is not a node, or a node does not have its stated number of children: a name with a line
 * break could look like nodes.
 */
export function parseTree(lines: readonly string[]): SyntaxNode | null {
  const path: { readonly node: SyntaxNode; readonly expected: number }[] = []
  let root: SyntaxNode | null = null
  const isWhole = ({ node, expected }: (typeof path)[number]) => node.children.length === expected
  for (const line of lines) {
    const [, indent, type, name = '', , children = '0'] = LINE.exec(line) ?? []
    if (indent === undefined || type === undefined || indent.length > path.length || (indent.length === 0 && root)) return null
    if (!path.splice(indent.length).every(isWhole)) return null
    const node: SyntaxNode = { type, name, children: [] }
    path.at(-1)?.node.children.push(node)
    root ??= node
    path.push({ node, expected: Number(children) })
  }
  return path.every(isWhole) ? root : null
}
