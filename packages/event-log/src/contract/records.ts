import type { Consumer, EventLog, LogRecord, PartitionClaim, StoredRecord } from '../port.ts'

/** Opens logs for a test. Each log is closed when its test ends. */
export interface Logs {
  open(partitions?: number, drainTimeoutMs?: number): Promise<EventLog>
  /** Closes the log and opens it again as another process would. */
  reopen(log: EventLog): Promise<EventLog>
}

const decoder = new TextDecoder()

export function record(text: string, partition = 0, headers: Record<string, Uint8Array> = {}): LogRecord {
  return { partition, value: Buffer.from(text), headers }
}

export function textOf(stored: StoredRecord): string {
  return decoder.decode(stored.value)
}

export async function scanTexts(log: EventLog, partition = 0): Promise<string[]> {
  const texts: string[] = []
  for await (const stored of log.scan(partition, { offset: 0 })) texts.push(textOf(stored))
  return texts
}

/** A promise that `open` resolves. */
export interface Gate<T> {
  readonly promise: Promise<T>
  open(value: T): void
}

export function createGate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => {}
  const promise = new Promise<T>(resolve => {
    open = resolve
  })
  return { promise, open }
}

/** Consumes one partition with `work`; the gate opens with its result. The handler then waits for its claim to end. */
export async function withClaim<T>(
  log: EventLog,
  group: string,
  work: (claim: PartitionClaim) => Promise<T>,
): Promise<{ readonly consumer: Consumer; readonly result: Promise<T> }> {
  const gate = createGate<T>()
  const consumer = await log.consume({
    group,
    async run(claim) {
      gate.open(await work(claim))
      await ended(claim)
    },
  })
  const failed = consumer.failed.then(() => new Promise<never>(() => {}))
  return { consumer, result: Promise.race([gate.promise, failed]) }
}

export function ended(claim: PartitionClaim): Promise<void> {
  return new Promise(resolve => {
    if (claim.signal.aborted) resolve()
    else claim.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Reads at least `count` records. */
export async function readCount(claim: PartitionClaim, offset: number, count: number): Promise<StoredRecord[]> {
  const reader = claim.read(offset)
  const records: StoredRecord[] = []
  while (records.length < count && !claim.signal.aborted) records.push(...(await reader.next()))
  return records
}

/** All records of partition 0. */
export async function collect(log: EventLog) {
  const records = []
  for await (const stored of log.scan(0, { offset: 0 })) records.push(stored)
  return records
}
