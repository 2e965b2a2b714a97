export interface RunningServer {
  /** The address for clients: `host:port` for Kafka, a URL for the others. */
  readonly address: string
  stop(): Promise<void>
}
