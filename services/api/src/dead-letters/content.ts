import { iso } from '@northstar/catalogue'
import { type EncodedRecord, keyText, quarantinedEvents } from '@northstar/events'

type Content = { readonly text: string } | { readonly base64: string }

/** The content of a dead letter: a line of JSON for each quarantined event; any other record as text if it is UTF-8, otherwise in base64. */
export function contentOf(record: EncodedRecord): Content {
  const events = quarantinedEvents(record)
  if (events.length > 0) return { text: events.map(lineOf).join('\n') }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(record.value) }
  } catch {
    return { base64: Buffer.from(record.value).toString('base64') }
  }
}

function lineOf({ event, timestamp, user, code, field, properties }: ReturnType<typeof quarantinedEvents>[number]): string {
  const head = {
    event,
    timestamp: iso(timestamp),
    user_id: keyText(user),
    reason: field === '' ? code : `${code}: ${field}`,
  }
  // The properties are JSON already.
  return `${JSON.stringify(head).slice(0, -1)},"properties":${properties}}`
}
