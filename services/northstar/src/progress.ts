import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  update(done: number, total?: number): void
  stop(): void
}

/** How often progress is printed without a terminal, ms. */
const PRINT_MS = 10_000

/** A progress bar on stderr, or a line every ten seconds without a terminal. */
export function startProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return printProgress(label, total)
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}% · {value}/{total} · {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  )
  bar.start(total, 0)
  return {
    update(done, newTotal) {
      if (newTotal !== undefined) bar.setTotal(newTotal)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}

function printProgress(label: string, first: number): Progress {
  let total = first
  let printedAt = Date.now()
  return {
    update(done, newTotal = total) {
      total = newTotal
      if (Date.now() - printedAt < PRINT_MS) return
      printedAt = Date.now()
      process.stderr.write(`${label}: ${done} of ${total}\n`)
    },
    stop: () => {},
  }
}
