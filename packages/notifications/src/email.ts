import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Channel, ChannelDeps, Outcome } from './channel.ts'
import { OK } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import { errorCode } from './outcome.ts'
import { resolveOutside, TargetRefused } from './safe-target.ts'
import { acknowledgement, linesOf, titleOf } from './text.ts'

export interface EmailConfig {
  /** `smtp://user:password@host:port`, or `smtps://` for TLS from the start. */
  readonly smtp: string
  readonly from: string
  readonly to: readonly string[]
  readonly template?: MessageTemplates
}

const TIMEOUT_MS = 10_000

/** A mail by SMTP. The message id is made of the notification's, so that a repeat is known as one. */
export function createEmail(config: EmailConfig, deps: ChannelDeps & { readonly allowPrivateTargets: boolean }): Channel {
  return {
    type: 'email',
    unit: 'group',
    acknowledges: false,
    async send(notification): Promise<Outcome> {
      if (!URL.canParse(config.smtp)) return { kind: 'failed', reason: 'its smtp address is no URL' }
      const secure = config.smtp.startsWith('smtps:')
      // The http parser turns every spelling of an address into dots, which it does for no other scheme.
      const server = new URL(config.smtp.replace(/^smtps?:/, 'http:'))
      const taken = acknowledgement(notification)
      try {
        // The address that was checked is the one that is connected to; the certificate is still the name's.
        const [address] = await resolveOutside(server.hostname, deps.allowPrivateTargets)
        const transport = createTransport({
          host: address?.address,
          port: Number(server.port) || (secure ? 465 : 587),
          secure,
          ...(server.username && { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
          ...(isIP(server.hostname.replace(/^\[|\]$/g, '')) === 0 && { tls: { servername: server.hostname } }),
          connectionTimeout: TIMEOUT_MS,
          greetingTimeout: TIMEOUT_MS,
          socketTimeout: TIMEOUT_MS,
          disableFileAccess: true,
          disableUrlAccess: true,
        })
        await transport.sendMail({
          from: config.from,
          to: [...config.to],
          subject: titleOf(notification, deps.externalUrl, config.template),
          messageId: `<${notification.id}@northstar>`,
          text: [
            ...(taken ? [taken, ''] : []),
            ...notification.alerts.flatMap(alert => [...linesOf(alert, deps.externalUrl, config.template?.text), '']),
            deps.externalUrl,
          ].join('\n'),
        })
        return OK
      } catch (error) {
        if (error instanceof TargetRefused) return { kind: 'failed', reason: `the target is refused: ${error.message}` }
        const answer = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
        if (answer >= 500 && answer < 600) return { kind: 'failed', reason: `answered ${answer}` }
        return { kind: 'retry', reason: answer > 0 ? `answered ${answer}` : `could not be reached: ${errorCode(error)}` }
      }
    },
  }
}
