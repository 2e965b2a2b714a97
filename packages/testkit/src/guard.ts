import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Ensures that a run leaves no processes or folders behind, however it ends. */
export interface RunGuard {
  /** The run's temporary folder, which this process and its children now use as the system's temporary folder. */
  readonly folder: string
  /** Kills the remaining processes of the run and removes its folder. Resolves once both are done. */
  end(): Promise<void>
}

const MARK = 'NORTHSTAR_RUN'

/**
 * Adds a mark to the environment of this process, which all children inherit, and starts a small watcher process. Once this process has
 * ended, even by SIGKILL, the watcher kills all processes with the mark and removes the folder.
 */
export function guardRun(): RunGuard {
  const id = randomBytes(12).toString('hex')
  const folder = mkdtempSync(join(tmpdir(), 'northstar-run-'))
  // The watcher has its own process group: a signal to the group of this process must not end it.
  const watcher = spawn('/bin/sh', ['-c', WATCH, 'sh', id, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  watcher.unref()
  const ended = once(watcher, 'exit')
  // The mark is set after the watcher has started, so that the watcher does not have it. A guard within a guarded run has both marks.
  process.env[MARK] = `${process.env[MARK] ?? ''}${id}.`
  process.env.TMPDIR = folder
  return {
    folder,
    async end() {
      watcher.ref()
      watcher.stdin.end()
      await ended
    },
  }
}

// `read` ends when the guarded process, which holds the other end of the pipe, has ended. A server that overwrites its environment with its
// title, as redis-server does, is recognised by its working directory.
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
