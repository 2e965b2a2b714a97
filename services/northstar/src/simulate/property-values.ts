import { apportion, type Chance, logNormal } from './chance.ts'
import type { PropertySpecs } from './scenario.ts'

export type Properties = Record<string, string | number | boolean>

/** Properties for `n` events: shares are exact, percentiles as close as `n` values allow. */
export function simulateProperties(specs: PropertySpecs, n: number, chance: Chance): Properties[] {
  const all: Properties[] = Array.from({ length: n }, () => ({}))
  for (const [name, spec] of Object.entries(specs)) {
    if (Array.isArray(spec)) {
      const counts = apportion(
        n,
        spec.map(choice => choice.share),
      )
      const deck = chance.shuffle(spec.flatMap((choice, i) => Array.from({ length: counts[i] ?? 0 }, () => choice.value)))
      for (const [i, value] of deck.entries()) (all[i] as Properties)[name] = value
    } else if ('by' in spec) {
      for (const [value, { p50, p95 }] of Object.entries(spec.cases)) {
        const group = all.filter(properties => String(properties[spec.by]) === value)
        for (const [i, number] of spread(group.length, p50, p95, chance).entries()) (group[i] as Properties)[name] = number
      }
    } else {
      for (const [i, number] of spread(n, spec.p50, spec.p95, chance).entries()) (all[i] as Properties)[name] = number
    }
  }
  return all
}

/** One value from each of `n` equal parts of the distribution. */
function spread(n: number, p50: number, p95: number, chance: Chance): number[] {
  return chance.shuffle(Array.from({ length: n }, (_, i) => Math.round(logNormal((i + 0.5) / n, p50, p95))))
}
