const IDLE_MS = 30 * 60_000

export interface Session {
  readonly id: string
  /** Epoch ms of the last event. */
  readonly seenAt: number
}

export interface SessionStore {
  read(): Session | null
  write(session: Session): void
}

export function createMemorySession(): SessionStore {
  let session: Session | null = null
  return {
    read: () => session,
    write(next) {
      session = next
    },
  }
}

/** Returns a function that returns the session id of an event. A new session begins after half an hour without events. */
export function createSessions(store: SessionStore, deps: { readonly now: () => number; readonly uuid: () => string }): () => string {
  return () => {
    const at = deps.now()
    const last = store.read()
    const id = last !== null && Math.abs(at - last.seenAt) <= IDLE_MS ? last.id : deps.uuid()
    store.write({ id, seenAt: at })
    return id
  }
}
