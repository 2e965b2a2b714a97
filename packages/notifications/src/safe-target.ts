import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const privateNets = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT
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
  privateNets.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 96], // unspecified, loopback, and IPv4-compatible addresses
  ['::ffff:0:0:0', 96], // IPv4 translated by SIIT
  ['64:ff9b::', 96], // translated IPv4
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23], // tunnels (Teredo contains an IPv4 address) and protocol assignments
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4 contains an IPv4 address
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  privateNets.addSubnet(net, prefix, 'ipv6')

/** Whether the address is loopback, private, link-local, a metadata address, or anything else that is not the public internet. */
export function isPrivate(address: string): boolean {
  const bare = address.replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return true
  // The block list applies IPv4 rules to mapped addresses (::ffff:a.b.c.d) too.
  return privateNets.check(bare, family === 4 ? 'ipv4' : 'ipv6') || (family === 6 && isIsatap(bare))
}

/** Whether the address is ISATAP: an IPv4 address after the interface id 0:5efe or 200:5efe, under any prefix. */
function isIsatap(address: string): boolean {
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [left, right] = [groups(head), groups(tail)]
  const all = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return all[5] === '5efe' && (all[4] === '0' || all[4] === '200')
}

/** The address of a target that may not be called. */
export class TargetRefused extends Error {
  readonly code = 'target_refused'
  readonly retryable = false
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'TargetRefused'
  }
}

/** Parses and checks a URL, without DNS. Throws {@link TargetRefused}. */
export function checkTarget(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url) throw new TargetRefused('it is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TargetRefused('only http and https are supported')
  checkHost(url.hostname, allowPrivate)
  return url
}

/** Checks a host name or an address as the URL parser normalises it. Throws {@link TargetRefused}. */
export function checkHost(host: string, allowPrivate: boolean): void {
  if (allowPrivate) return
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0 && isPrivate(bare)) throw new TargetRefused('it is a private address (loopback, private or link-local)')
  const name = bare.replace(/\.+$/, '').toLowerCase()
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) throw new TargetRefused('it is a private address (loopback)')
}

type Resolve = (host: string) => Promise<readonly LookupAddress[]>

const resolveByDns: Resolve = host =>
  new Promise((resolve, reject) => dnsLookup(host, { all: true }, (error, found) => (error ? reject(error) : resolve(found))))

/** Resolves a host. Rejects with {@link TargetRefused} if any of its addresses is private and these are not allowed. */
export async function resolveOutside(
  host: string,
  allowPrivate: boolean,
  resolve: Resolve = resolveByDns,
): Promise<readonly LookupAddress[]> {
  checkHost(host, allowPrivate)
  const found = await resolve(host.replace(/^\[|\]$/g, ''))
  if (found.length === 0) throw new TargetRefused('its name does not resolve')
  if (!allowPrivate && found.some(({ address }) => isPrivate(address))) throw new TargetRefused('its name resolves to a private address')
  return found
}

/** A `lookup` for sockets: they connect to the address that was checked, so that a second DNS answer cannot differ. */
export function createSafeLookup(allowPrivate: boolean, resolve: Resolve = resolveByDns): LookupFunction {
  return (host, options, callback) => {
    resolveOutside(host, allowPrivate, resolve).then(
      found => {
        const wanted = found.filter(({ family }) => !options.family || options.family === family || options.family === `IPv${family}`)
        const usable = wanted.length > 0 ? wanted : found
        if (options.all) callback(null, [...usable])
        else callback(null, usable[0]?.address ?? '', usable[0]?.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new TargetRefused('its name does not resolve'), '', 0),
    )
  }
}
