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

/** Values as literals, for what cannot have placeholders: the text of a view. */
export class Literals extends Params {
  override add(value: ParamValue, type: string): string {
    return `CAST(${typeof value === 'object' ? `[${value.map(sqlLiteral).join(', ')}]` : sqlLiteral(value)}, ${sqlLiteral(type)})`
  }
}
