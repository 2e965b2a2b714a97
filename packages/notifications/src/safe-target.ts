import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const inside = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers' inner networks
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // a cloud's host agent
  ['169.254.0.0', 16], // link-local and metadata
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved and broadcast
] as const)
  inside.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 96], // unspecified, loopback, and IPv4 spelled in the old way
  ['::ffff:0:0:0', 96], // IPv4 translated by SIIT
  ['64:ff9b::', 96], // translated IPv4
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23], // tunnels (Teredo carries an IPv4) and protocol assignments
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4 carries an IPv4
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(net, prefix, 'ipv6')

/** Whether the address is loopback, private, link-local, a metadata address, or anything else that is not the public internet. */
export function isInside(address: string): boolean {
  const bare = address.replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return true
  // The block list finds IPv4 rules for the mapped spelling (::ffff:a.b.c.d) too.
  return inside.check(bare, family === 4 ? 'ipv4' : 'ipv6') || (family === 6 && isIsatap(bare))
}

/** An ISATAP address carries an IPv4 address behind the interface id 0:5efe or 200:5efe, under any prefix. */
function isIsatap(address: string): boolean {
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [left, right] = [groups(head), groups(tail)]
  const all = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return all[5] === '5efe' && (all[4] === '0' || all[4] === '200')
}

/** A notification may not go there. */
export class TargetRefused extends Error {
  readonly code = 'target_refused'
  readonly retryable = false
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'TargetRefused'
  }
}

/** The URL, checked as far as it can be without DNS. Throws {@link TargetRefused}. */
export function checkTarget(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url) throw new TargetRefused('it is no URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TargetRefused('only http and https are spoken')
  checkHost(url.hostname, allowPrivate)
  return url
}

/** The same for a host name or address; the URL parser has already turned every spelling of an IPv4 address into dots. */
export function checkHost(host: string, allowPrivate: boolean): void {
  if (allowPrivate) return
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0 && isInside(bare)) throw new TargetRefused('it points inside (loopback, private or link-local)')
  const name = bare.replace(/\.+$/, '').toLowerCase()
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) throw new TargetRefused('it points inside (loopback)')
}

type Resolve = (host: string) => Promise<readonly LookupAddress[]>

const resolveByDns: Resolve = host =>
  new Promise((resolve, reject) => dnsLookup(host, { all: true }, (error, found) => (error ? reject(error) : resolve(found))))

/** The host's addresses, all of them outside. Rejects with {@link TargetRefused} when any is not. */
export async function resolveOutside(
  host: string,
  allowPrivate: boolean,
  resolve: Resolve = resolveByDns,
): Promise<readonly LookupAddress[]> {
  checkHost(host, allowPrivate)
  const found = await resolve(host.replace(/^\[|\]$/g, ''))
  if (found.length === 0) throw new TargetRefused('its name has no address')
  if (!allowPrivate && found.some(({ address }) => isInside(address))) throw new TargetRefused('its name leads inside')
  return found
}

/** A `lookup` for sockets: the address that is checked is the one that is connected to, so that DNS cannot answer twice differently. */
export function createSafeLookup(allowPrivate: boolean, resolve: Resolve = resolveByDns): LookupFunction {
  return (host, options, callback) => {
    resolveOutside(host, allowPrivate, resolve).then(
      found => {
        const wanted = found.filter(({ family }) => !options.family || options.family === family || options.family === `IPv${family}`)
        const usable = wanted.length > 0 ? wanted : found
        if (options.all) callback(null, [...usable])
        else callback(null, usable[0]?.address ?? '', usable[0]?.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new TargetRefused('its name cannot be looked up'), '', 0),
    )
  }
}
