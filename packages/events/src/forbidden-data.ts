import { isIPv4, isIPv6 } from 'node:net'

/** What no free text may hold: it would name a person, a machine or give access to something. */
export type ForbiddenKind = 'e-mail address' | 'IP address' | 'path with a user name' | 'secret key'

/** Letters that any forbidden value has; text without them needs no further look. */
const SUSPICIOUS =
  /@|\d\.\d|:[0-9a-fA-F]{0,4}:|(?:\/home|\/Users|[\\/]Users[\\/])|PRIVATE KEY|eyJ|AKIA|gh[opsu]_|github_pat_|xox[abprs]-|sk-/
const EMAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![A-Za-z0-9])/
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)/g
/** A word of hexadecimal groups; `std::vec` and `12:30:45` are none. */
const IPV6 = /(?<![\w:])[0-9a-fA-F:]{2,39}(?:\.\d{1,3}){0,3}(?![\w:])/g
const USER_PATH = /(?:\/home\/|\/Users\/|\b[A-Za-z]:[\\/]+Users[\\/]+)(?!(?:Shared|Public|runner)\b)[^\s\\/:"']+/
const SECRET =
  /-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+|\bAKIA[0-9A-Z]{16}\b|\bgh[opsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{20,}/

/**
 * Looks for personal data and secrets in free text.
 * @param isVersion the property holds a version, where `1.2.3.4` is no address
 */
export function findForbidden(text: string, isVersion: boolean): ForbiddenKind | null {
  if (!SUSPICIOUS.test(text)) return null
  if (EMAIL.test(text)) return 'e-mail address'
  if (!isVersion && hasAddress(text)) return 'IP address'
  if (USER_PATH.test(text)) return 'path with a user name'
  if (SECRET.test(text)) return 'secret key'
  return null
}

function hasAddress(text: string): boolean {
  for (const [found] of text.matchAll(IPV4)) if (isIPv4(found)) return true
  for (const [found] of text.matchAll(IPV6)) {
    const groups = found.split(':').filter(group => group !== '').length
    if (groups >= 3 && /\d/.test(found) && isIPv6(found)) return true
  }
  return false
}
