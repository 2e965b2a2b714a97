import { z } from 'zod'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** `1h30m`, `10s`, `2w` in milliseconds, in Prometheus' notation; null for anything else. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) return null
  let total = 0
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) total += Number(digits) * UNITS[unit as keyof typeof UNITS]
  return total
}

/** Milliseconds in the notation of {@link parseDuration}: `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let left = Math.round(ms)
  let text = ''
  for (const unit of ['w', 'd', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / UNITS[unit])
    if (count > 0) text += `${count}${unit}`
    left -= count * UNITS[unit]
  }
  return text
}

/** A duration in a product file; its output is milliseconds. */
export const duration = z
  .union([z.string(), z.literal(0)])
  .transform((text, context) => {
    const ms = parseDuration(String(text))
    if (ms !== null) return ms
    context.addIssue({ code: 'custom', message: `"${text}" is not a duration: write 30s, 5m, 1h30m, 1d or 2w` })
    return z.NEVER
  })
  .describe('a duration such as 30s, 5m, 1h30m')
