import { expect } from 'vitest'

/** A part of a mail that has no parts of its own. */
interface Leaf {
  readonly headers: string
  readonly content: Buffer
}

function decode(headers: string, body: string): Buffer {
  const encoding = /^content-transfer-encoding: *(\S+)/im.exec(headers)?.[1]?.toLowerCase()
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1')
  const joined = body.replace(/=\r?\n/g, '')
  return Buffer.from(
    joined.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

/** The leaves of a mail as it was sent, whatever they are nested in. */
function leavesOf(mail: string): readonly Leaf[] {
  const end = mail.indexOf('\n\n')
  const [headers, body] = [mail.slice(0, end).replace(/\n[ \t]+/g, ' '), mail.slice(end + 2)]
  const boundary = /^content-type: *multipart\/.*boundary="?([^";]+)"?/im.exec(headers)?.[1]
  if (boundary === undefined) return [{ headers, content: decode(headers, body) }]
  const parts = body.split(`--${boundary}`).slice(1, -1)
  return parts.flatMap(part => leavesOf(part.replace(/^\n/, '')))
}

/** The page that a mail program shows: the HTML part with its inline images. @param mail as it was sent */
export function htmlOf(mail: string): string {
  const leaves = leavesOf(mail)
  const html = leaves.find(({ headers }) => /^content-type: *text\/html/im.test(headers))?.content.toString('utf8') ?? ''
  const images = new Map(
    leaves.flatMap(({ headers, content }) => {
      const id = /^content-id: *<(.+)>/im.exec(headers)?.[1]
      return id === undefined ? [] : [[id, `data:image/png;base64,${content.toString('base64')}`]]
    }),
  )
  expect(
    leaves.some(({ headers }) => /^content-type: *text\/plain/im.test(headers)),
    'a plain text part',
  ).toBe(true)
  return html.replace(/cid:([^"]+)/g, (_, id: string) => images.get(id) ?? `no image ${id}`)
}
