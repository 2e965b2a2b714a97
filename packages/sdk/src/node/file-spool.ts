import { createHash, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { LOCK_MS, type Pause, type Spool, type SpooledBatch, type SpoolLock, upTo } from '../spool.ts'

/** Ending of a complete file. Any program may send and delete it. */
const READY = '.ndjson'
/** Ending of a file to which only its own program appends. */
const OPEN = '.open'
const SEGMENT_BYTES = 64 * 1024
/** A file without appends for this long has lost its program, even if a process has its process id, ms. */
const ORPHAN_MS = 3_600_000
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** The file to which this program appends. Its lines are kept in memory until it is sealed, in case another program adopts it as an orphan. */
interface Segment {
  readonly fd: number
  readonly name: string
  readonly lines: string[]
  bytes: number
}

/**
 * A spool in a folder. Each program appends to its own file, so that several programs need no lock. A full or finished file is renamed and
 * then never changes. The next program adopts the files of a killed program.
 */
export function createFileSpool(folder: string, maxBytes: number): Spool {
  const own = createSegments(folder)
  /** Size of the folder when it was last measured, plus the bytes added since. */
  let used: number | null = null

  function measure(): number {
    return fileNames(folder).reduce((sum, name) => sum + (fs.statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
  }

  function adoptOrphans(): void {
    for (const name of fileNames(folder)) {
      if (!name.endsWith(OPEN) || name === own.openFile() || !isOrphan(join(folder, name), name)) continue
      attempt(() => fs.renameSync(join(folder, name), join(folder, name.slice(0, -OPEN.length) + READY)))
    }
  }

  function* ready(): Generator<SpooledBatch> {
    for (const name of fileNames(folder)) if (name.endsWith(READY)) yield { id: name, lines: linesOf(join(folder, name)) }
  }

  return {
    add: line =>
      attempt(() => {
        used ??= measure()
        const bytes = Buffer.byteLength(line) + 1
        if (used + bytes > maxBytes) used = measure()
        if (used + bytes > maxBytes) return false
        own.append(line)
        used += bytes
        return true
      }) ?? false,
    seal: () => void attempt(own.seal),
    read(bytes) {
      adoptOrphans()
      return upTo(ready(), bytes)
    },
    remove: batches =>
      batches.every(({ id }) => {
        used = null
        return attempt(() => fs.rmSync(join(folder, id), { force: true }) ?? true) ?? false
      }),
    list: () => fileNames(folder).flatMap(name => linesOf(join(folder, name))),
    clear() {
      attempt(own.seal)
      adoptOrphans()
      for (const name of fileNames(folder)) if (name.endsWith(READY)) attempt(() => fs.rmSync(join(folder, name), { force: true }))
      used = null
    },
    lock: heir => lockFile(join(folder, 'lock'), heir),
    pause() {
      const text = attempt(() => fs.readFileSync(join(folder, 'pause'), 'utf8'))
      return (text && attempt(() => JSON.parse(text) as Pause)) || null
    },
    setPause(pause) {
      const path = join(folder, 'pause')
      const draft = `${path}.${process.pid}`
      attempt(() => {
        if (pause === null) return fs.rmSync(path, { force: true })
        // The file is replaced as a whole: a reader that finds half a pause would ignore it.
        fs.writeFileSync(draft, JSON.stringify(pause), { mode: 0o600 })
        fs.renameSync(draft, path)
      })
    },
  }
}

/** The files of this program, one after the other. The methods throw the errors of the file system. */
function createSegments(folder: string) {
  let segment: Segment | null = null

  function open(): Segment {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const name = `${Date.now().toString(36).padStart(9, '0')}-${HOST}-${process.pid}-${randomBytes(4).toString('hex')}`
    return { fd: fs.openSync(join(folder, name + OPEN), 'a', 0o600), name, lines: [], bytes: 0 }
  }

  function seal(): void {
    if (segment === null) return
    const { fd, name, lines } = segment
    segment = null
    fs.closeSync(fd)
    try {
      fs.renameSync(join(folder, name + OPEN), join(folder, name + READY))
    } catch {
      // Another program has adopted the file, perhaps without the last lines. All lines are written again; their ids prevent double counting.
      const again = join(folder, `${name}-again${OPEN}`)
      fs.writeFileSync(again, `${lines.join('\n')}\n`, { mode: 0o600 })
      fs.renameSync(again, again.slice(0, -OPEN.length) + READY)
    }
  }

  return {
    openFile: () => (segment === null ? null : segment.name + OPEN),
    append(line: string): void {
      segment ??= open()
      fs.writeSync(segment.fd, `${line}\n`)
      segment.lines.push(line)
      segment.bytes += line.length + 1
      if (segment.bytes >= SEGMENT_BYTES) seal()
    },
    seal,
  }
}

/** Names of the files with events, oldest first. */
function fileNames(folder: string): readonly string[] {
  return (attempt(() => fs.readdirSync(folder)) ?? []).filter(name => name.endsWith(READY) || name.endsWith(OPEN)).sort()
}

/** Returns the complete lines of a file. After a power failure, a line may be incomplete. */
function linesOf(path: string): readonly string[] {
  const text = attempt(() => fs.readFileSync(path, 'utf8')) ?? ''
  return text.split('\n').filter(line => line !== '' && attempt(() => JSON.parse(line)) !== undefined)
}

function isOrphan(path: string, name: string): boolean {
  const [, host, pid] = name.split('-')
  if (host === HOST && Number(pid) !== process.pid && !isRunning(Number(pid))) return true
  const written = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return written !== undefined && Math.abs(Date.now() - written) > ORPHAN_MS
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function lockFile(path: string, heir?: number): SpoolLock | null {
  const create = () => attempt(() => fs.writeFileSync(path, `${HOST} ${process.pid}`, { flag: 'wx', mode: 0o600 }) ?? true) ?? false
  if (!create()) {
    const [host, pid] = (attempt(() => fs.readFileSync(path, 'utf8')) ?? '').split(' ')
    const renewed = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    const own = host === HOST && (Number(pid) === process.pid || Number(pid) === heir)
    // A time in the future was set by another clock.
    const held = Math.abs(Date.now() - renewed) <= LOCK_MS && !(host === HOST && !isRunning(Number(pid)))
    if (!own && held) return null
    if (!own) attempt(() => fs.rmSync(path, { force: true }))
    if (!own && !create()) return null
    if (own && Number(pid) === heir) attempt(() => fs.writeFileSync(path, `${HOST} ${process.pid}`))
  }
  return {
    renew: () => void attempt(() => fs.utimesSync(path, new Date(), new Date())),
    handTo: (pid: number) => void attempt(() => fs.writeFileSync(path, `${HOST} ${pid}`)),
    release: () => void attempt(() => fs.rmSync(path, { force: true })),
  }
}

/** Returns undefined if the file system throws, since telemetry must never break its program. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
