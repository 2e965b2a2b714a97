/** The used part of `localStorage` and `sessionStorage`. */
export interface KeyValueStore {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The used part of a browser's global scope; workers and edge runtimes have less. */
export interface BrowserScope {
  readonly localStorage?: KeyValueStore
  readonly sessionStorage?: KeyValueStore
  readonly navigator?: { readonly doNotTrack?: string | null; readonly globalPrivacyControl?: boolean }
  readonly document?: { readonly visibilityState: string; addEventListener(type: 'visibilitychange', listener: () => void): void }
  readonly crypto: {
    randomUUID?(): string
    getRandomValues(bytes: Uint8Array): Uint8Array
    readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array): Promise<ArrayBuffer> }
  }
  addEventListener?(type: string, listener: (event: { readonly error?: unknown; readonly reason?: unknown }) => void): void
}
