import { Presets, SingleBar } from 'cli-progress'
import { withCleanup } from './cleanup.ts'

export interface Progress {
  update(done: number, total?: number): void
}

/** How often progress is printed without a terminal, ms. */
const PRINT_MS = 10_000

/**
 * Shows the progress of work: as a bar on stderr, or as a line every ten seconds without a terminal.
 * @param total undefined where it is not known: only the number done is shown
 */
export async function withProgress<T>(label: string, total: number | undefined, work: (progress: Progress) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(printProgress(label, total))
  const bar = startBar(label, total)
  // The bar hides the cursor.
  return withCleanup(
    () => bar.stop(),
    () =>
      work({
        update(done, newTotal) {
          if (newTotal !== undefined) bar.setTotal(newTotal)
          bar.update(done)
        },
      }),
  )
}

function startBar(label: string, total: number | undefined): SingleBar {
  const bar = new SingleBar(
    {
      format: total === undefined ? `${label} {value}` : `${label} {bar} {percentage}% · {value}/{total} · {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      // Its own handler would swallow the signal.
      gracefulExit: false,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  )
  bar.start(total ?? 0, 0)
  return bar
}

function printProgress(label: string, first: number | undefined): Progress {
  let total = first
  let printedAt = Date.now()
  return {
    update(done, newTotal = total) {
      total = newTotal
      if (Date.now() - printedAt < PRINT_MS) return
      printedAt = Date.now()
      process.stderr.write(`${label}: ${done}${total === undefined ? '' : ` of ${total}`}\n`)
    },
  }
}
