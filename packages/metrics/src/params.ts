import { sqlLiteral } from '@northstar/catalogue'

export type ParamValue = string | number | boolean | readonly (string | number)[]

/** Gathers the values of a query: SQL holds placeholders only. */
export class Params {
  readonly values: Record<string, ParamValue> = {}
  private count = 0

  /** The placeholder for the value. */
  add(value: ParamValue, type: string): string {
    const name = `p${this.count++}`
    this.values[name] = value
    return `{${name}:${type}}`
  }
}

/** Writes values as literals, for the text of a view, which cannot have placeholders. */
export class Literals extends Params {
  override add(value: ParamValue, type: string): string {
    return `CAST(${typeof value === 'object' ? `[${value.map(sqlLiteral).join(', ')}]` : sqlLiteral(value)}, ${sqlLiteral(type)})`
  }
}
