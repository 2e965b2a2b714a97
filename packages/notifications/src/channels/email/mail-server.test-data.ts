import { once } from 'node:events'
import { createServer } from 'node:net'

export interface MailServer {
  readonly port: number
  /** Every line that clients sent outside of mails. */
  readonly commands: readonly string[]
  stop(): void
}

export interface MailServerOptions {
  /** The answer to a mail. */
  readonly answer?: string
  /** The answer to a recipient. */
  readonly recipient?: (address: string) => string
  /** Extensions that EHLO offers. */
  readonly offers?: readonly string[]
}

/** A server with as much SMTP as a client needs. It passes each message with its recipients to `onMail`. */
export async function startMailServer(
  onMail: (text: string, to: readonly string[]) => void,
  { answer = '250 accepted', recipient = () => '250 ok', offers = [] }: MailServerOptions = {},
): Promise<MailServer> {
  const commands: string[] = []
  const server = createServer(socket => {
    let mail: string | null = null
    let to: string[] = []
    let rest = ''
    const respond = (line: string): string => {
      if (/^EHLO/i.test(line))
        return ['mail.example', ...offers].map((one, i, all) => `250${i < all.length - 1 ? '-' : ' '}${one}`).join('\r\n')
      if (/^RCPT/i.test(line)) {
        const address = /<(.*)>/.exec(line)?.[1] ?? ''
        const reply = recipient(address)
        if (reply.startsWith('2')) to.push(address)
        return reply
      }
      if (/^DATA/i.test(line)) {
        mail = ''
        return '354 go on'
      }
      if (/^AUTH/i.test(line)) return '235 welcome'
      if (/^MAIL/i.test(line)) to = []
      return /^(HELO|MAIL|RSET|NOOP)/i.test(line) ? '250 ok' : '502 unknown command'
    }
    socket.write('220 mail.example\r\n')
    socket.on('data', data => {
      const lines = (rest + data.toString('latin1')).split('\r\n')
      // A line may come in two pieces.
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (mail !== null) {
          if (line !== '.') mail += `${line.replace(/^\.\./, '.')}\n`
          else {
            onMail(mail, to)
            mail = null
            socket.write(`${answer}\r\n`)
          }
        } else if (line !== '') {
          commands.push(line)
          if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
          else socket.write(`${respond(line)}\r\n`)
        }
      }
    })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, commands, stop: () => server.close() }
}
