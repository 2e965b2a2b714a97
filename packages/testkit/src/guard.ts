import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Sees to it that a run leaves neither processes nor folders behind, however it ends. */
export interface RunGuard {
  /** The run's own temporary folder, which is the system's temporary folder for this process and its children from now on. */
  readonly folder: string
  /** Kills what is left of the run and removes its folder. Resolves when that is done. */
  end(): Promise<void>
}

const MARK = 'NORTHSTAR_RUN'

/**
 * Marks this process's environment, which every child inherits, and leaves a small process waiting: once this process is
 * gone (SIGKILL included), that one kills whatever carries the mark and removes the folder.
 */
export function guardRun(): RunGuard {
  const id = randomBytes(12).toString('hex')
  const folder = mkdtempSync(join(tmpdir(), 'northstar-run-'))
  // A group of its own: a signal to the whole group of this process must not end the one that cleans up after it.
  const watcher = spawn('/bin/sh', ['-c', WATCH, 'sh', id, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  watcher.unref()
  const gone = once(watcher, 'exit')
  // After the watcher has started, so that it does not carry the mark. A guard within a guarded run carries both marks.
  process.env[MARK] = `${process.env[MARK] ?? ''}${id}.`
  process.env.TMPDIR = folder
  return {
    folder,
    async end() {
      watcher.ref()
      watcher.stdin.end()
      await gone
    },
  }
}

// Reading ends when the last holder of the pipe's other end, the guarded process, is gone. A server that overwrites its
// environment with its title (redis-server does) is known by its working directory.
const WATCH = `
PATH=/usr/bin:/bin:$PATH
trap '' TERM INT HUP
while read -r _; do :; done
left() {
  if [ -d /proc/self ]; then
    grep -l "${MARK}=[0-9a-f.]*$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
    for cwd in /proc/[0-9]*/cwd; do
      case $(readlink "$cwd" 2>/dev/null) in "$2"|"$2"/*) echo "$cwd" | cut -d/ -f3 ;; esac
    done
  else
    ps -Aeww -o pid=,command= | grep "${MARK}=[0-9a-f.]*$1" | grep -v grep | awk '{print $1}'
  fi
}
for round in 1 2 3 4 5; do
  pids=$(left "$1" "$2")
  [ -z "$pids" ] && break
  kill -9 $pids 2>/dev/null
  sleep 0.1
done
rm -rf "$2"
`
