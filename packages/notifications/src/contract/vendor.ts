import type { ReceivedRequest } from '@northstar/testkit'

/** What a vendor was asked to do. */
export interface VendorEvent {
  readonly vendor: string
  readonly action: 'trigger' | 'acknowledge' | 'resolve'
  /** What joins an end to its beginning, where the vendor knows such a thing. */
  readonly key: string | null
  /** The words that people see. */
  readonly text: string
}

/** A stand-in for a vendor, which accepts what the vendor's documents allow and answers as they do. */
export interface VendorStandIn {
  /** A channel of `channels.yaml` that sends to the stand-in at the URL. */
  config(url: string): { readonly type: string }
  /** The events of a request. Throws for one that the documents do not allow. */
  receive(
    request: ReceivedRequest,
    path: string,
  ): { readonly events: readonly VendorEvent[]; readonly answer: { readonly status: number; readonly body?: unknown } }
}

/** The action in the text of a message that has no field for it. */
export function actionIn(text: string): VendorEvent['action'] {
  if (text.includes('[ACKNOWLEDGED]')) return 'acknowledge'
  return /\[RESOLVED\]|^Resolved/.test(text) ? 'resolve' : 'trigger'
}
