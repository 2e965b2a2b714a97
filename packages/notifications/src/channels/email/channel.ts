import { isIP } from 'node:net'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { z } from 'zod'
import { type ChannelDeps, defineChannel, OK, type Outcome } from '../../channel.ts'
import { errorCode } from '../../deliver.ts'
import { resolveOutside, TargetRefused } from '../../safe-target.ts'
import { channelType, recipients, templates, text } from '../../templates.ts'
import { acknowledgement, linesOf, titleOf } from '../../text.ts'

const TIMEOUT_MS = 10_000

const schema = z
  .strictObject({
    type: channelType('email'),
    smtp: text.describe('smtp:// (credentials only after STARTTLS) or smtps://, user:password@host:port.'),
    from: text.describe('The sender’s address.'),
    to: recipients,
    ...templates,
  })
  .describe('E-mail over SMTP.')

/** The options of nodemailer for the server of an `smtp://` or `smtps://` URL. */
async function transportOf(smtp: string, allowPrivateTargets: boolean) {
  const secure = smtp.startsWith('smtps:')
  // The URL parser normalises the spelling of an address only for http.
  const server = new URL(smtp.replace(/^smtps?:/, 'http:'))
  // The socket connects to the checked address; the certificate must match the name.
  const [address] = await resolveOutside(server.hostname, allowPrivateTargets)
  const hasCredentials = server.username !== ''
  return createTransport({
    host: address?.address,
    port: Number(server.port) || (secure ? 465 : 587),
    secure,
    // Credentials are never sent unencrypted.
    requireTLS: hasCredentials && !secure,
    ...(hasCredentials && { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
    ...(isIP(server.hostname.replace(/^\[|\]$/g, '')) === 0 && { tls: { servername: server.hostname } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof TargetRefused) return { kind: 'failed', reason: `the target is refused: ${error.message}` }
  const code = errorCode(error)
  if (code === 'ETLS')
    return { kind: 'retry', reason: 'the server offers no STARTTLS, and credentials are never sent unencrypted; use smtps://' }
  const answer = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  if (answer >= 500 && answer < 600) return { kind: 'failed', reason: `answered ${answer}` }
  return { kind: 'retry', reason: answer > 0 ? `answered ${answer}` : `could not be reached: ${code}` }
}

/** A mail by SMTP for each recipient. The message id contains the notification's id, so that mail programs recognise a repeat. */
export const email = defineChannel({
  type: 'email',
  unit: 'group',
  acknowledges: false,
  carriesDigests: true,
  schema,
  target: config => config.smtp,
  recipients: config => config.to,
  create: (config, deps) => (notification, recipient) => {
    const acknowledged = acknowledgement(notification)
    return sendMail(config, deps, recipient, notification.id, {
      subject: titleOf(notification, deps.publicUrl, config.template),
      text: [
        ...(acknowledged ? [acknowledged, ''] : []),
        ...notification.alerts.flatMap(alert => [...linesOf(notification, alert, deps.publicUrl, config.template?.text), '']),
        deps.publicUrl,
      ].join('\n'),
    })
  },
  createPost: (config, deps) => async (article, recipient) => {
    // The renderer is loaded on first use: most processes never send an article.
    const { emailArticle } = await import('./article.ts')
    return sendMail(config, deps, recipient, article.id, await emailArticle(article))
  },
})

async function sendMail(
  config: z.output<typeof schema>,
  deps: ChannelDeps,
  recipient: string,
  id: string,
  content: Pick<SendMailOptions, 'subject' | 'text' | 'html' | 'attachments'>,
): Promise<Outcome> {
  if (!URL.canParse(config.smtp)) return { kind: 'failed', reason: 'its smtp address is not a URL' }
  try {
    const transport = await transportOf(config.smtp, deps.allowPrivateTargets)
    await transport.sendMail({
      from: config.from,
      to: [...config.to],
      // The other recipients get their own copy.
      envelope: { from: config.from, to: [recipient] },
      messageId: `<${id}@northstar>`,
      ...content,
    })
    return OK
  } catch (error) {
    return outcomeOf(error)
  }
}
