import type { ReceivedRequest } from '@northstar/testkit'

/** An action that a vendor received. */
export interface VendorEvent {
  readonly vendor: string
  readonly action: 'trigger' | 'acknowledge' | 'resolve'
  /** The key that identifies an incident from trigger to resolve; null if the vendor has none. */
  readonly key: string | null
  /** The displayed text. */
  readonly text: string
}

/** A stand-in for a vendor, which accepts the requests that the vendor documents, and answers as documented. */
export interface VendorStandIn {
  /** A channel of `channels.yaml` that sends to the stand-in at the URL. */
  config(url: string): { readonly type: string }
  /** Returns the events of a request. Throws for an undocumented one. */
  receive(
    request: ReceivedRequest,
    path: string,
  ): { readonly events: readonly VendorEvent[]; readonly answer: { readonly status: number; readonly body?: unknown } }
}

/** The action of a message that has it only in its text. */
export function actionIn(text: string): VendorEvent['action'] {
  if (text.includes('[ACKNOWLEDGED]')) return 'acknowledge'
  return /\[RESOLVED\]|^Resolved/.test(text) ? 'resolve' : 'trigger'
}
