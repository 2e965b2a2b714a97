import { actionIn, type VendorEvent } from '../../contract/vendor.ts'
import { startMailServer } from './mail-server.test-data.ts'

/** A mail server that accepts messages according to RFC 5322. */
export async function startMailVendor(onEvent: (event: VendorEvent) => void, onRefused: (text: string) => void) {
  const mail = await startMailServer(text => {
    const subject = /^Subject: (.*)$/im.exec(text)?.[1] ?? ''
    if (subject === '' || !/^Message-ID: <.+@.+>$/im.test(text) || !/^To: .+@.+$/im.test(text)) onRefused(`email: ${text}`)
    onEvent({ vendor: 'email', action: actionIn(subject), key: null, text: `${subject}\n${text}` })
  })
  const smtp = `smtp://127.0.0.1:${mail.port}`
  return { config: { type: 'email', smtp, from: 'northstar@example.com', to: 'team@example.com' }, stop: mail.stop }
}
