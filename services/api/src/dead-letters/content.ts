import { keyText, quarantinedEvents } from '@northstar/events'

type Content = { readonly text: string } | { readonly base64: string }

/**
 * What a dead letter holds: quarantined events as a line of JSON each, anything else as text where it is text, else as base64.
 * @param headers of the record, each in base64 like its value
 */
export function contentOf(base64: string, headers: Readonly<Record<string, string>>): Content {
  const value = Buffer.from(base64, 'base64')
  const decoded = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'base64')]))
  const events = quarantinedEvents({ value, headers: decoded })
  if (events.length > 0) return { text: events.map(lineOf).join('\n') }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(value) }
  } catch {
    return { base64 }
  }
}

function lineOf({ event, timestamp, user, code, field, properties }: ReturnType<typeof quarantinedEvents>[number]): string {
  const head = {
    event,
    timestamp: new Date(timestamp).toISOString(),
    user_id: keyText(user),
    reason: field === '' ? code : `${code}: ${field}`,
  }
  // The properties are a JSON object as they were sent.
  return `${JSON.stringify(head).slice(0, -1)},"properties":${properties}}`
}
