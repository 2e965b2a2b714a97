import { PAGE_ADDRESSES, type PageAddress } from '@northstar/http-api'
import { eventually } from '@northstar/testkit'
import type { RunningProduct } from './product.ts'

type Product = Pick<RunningProduct, 'url' | 'adminToken'>
type ArgumentOf<Address> = Address extends `${string}:${infer Name}` ? Name : never

/** Arguments of addresses, taken from the product's data. */
const ARGUMENTS: Readonly<Record<ArgumentOf<PageAddress>, (product: Product) => Promise<string>>> = {
  metric: async () => 'response_time_p95?by=query_complexity',
  async release(product) {
    const { releases } = await call<{ releases: readonly { version: string }[] }>(product, '/v1/releases')
    if (!releases[0]) throw new Error('the product has no release yet')
    return releases[0].version
  },
  async alert(product) {
    const firing = async () => {
      const { alerts } = await call<{ alerts: readonly { state: string; fingerprint: string }[] }>(product, '/v1/alerts')
      return alerts.find(({ state }) => state === 'firing')?.fingerprint
    }
    return eventually(firing, { timeoutMs: 120_000, what: 'an alert fires' })
  },
  async token(product) {
    const { link } = await call<{ link: string }>(product, '/v1/users', { name: `guest-${Date.now()}`, role: 'read' })
    return link.slice(link.lastIndexOf('/') + 1)
  },
}

async function call<T>({ url, adminToken }: Product, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const answer = await fetch(url + path, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as T
}

/** The address of every page that the product declares, by a name for files. Waits for an alert that fires. */
export async function addressesOf(product: Product): Promise<ReadonlyMap<string, string>> {
  const addresses = new Map<string, string>()
  for (const declared of PAGE_ADDRESSES) {
    const name = declared.match(/[a-z]+/g)?.join('-') ?? 'overview'
    const [path = '', argument] = declared.split(':') as [string, ArgumentOf<PageAddress>?]
    addresses.set(name, argument === undefined ? path : path + (await ARGUMENTS[argument](product)))
  }
  return addresses
}
