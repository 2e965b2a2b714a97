import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The kernel's ticks a second. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU seconds that the processes have used so far, all threads together. Only on Linux. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // The command's name, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS
  }, 0)
}

/** Starts measuring. The returned function gives the percentage of a core that each process has used since. */
export function measureCores(pids: ReadonlyMap<string, number>): () => ReadonlyMap<string, number> {
  const startedAt = performance.now()
  const before = new Map([...pids].map(([name, pid]) => [name, cpuSeconds([pid])]))
  return () => {
    const seconds = (performance.now() - startedAt) / 1_000
    return new Map([...pids].map(([name, pid]) => [name, ((cpuSeconds([pid]) - (before.get(name) ?? 0)) / seconds) * 100]))
  }
}

/** Resident memory now, in MB: its own, and with the pages of files that it has mapped (which the kernel takes back when it needs them). */
export function memoryMb(pid: number): { readonly own: number; readonly all: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { own: of('RssAnon'), all: of('VmRSS') }
}
