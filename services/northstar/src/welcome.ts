import type { Catalogue } from '@northstar/catalogue'
import type { Credentials } from './credentials.ts'

/** What a person needs first: where to look, and a command that works as pasted. */
export function welcome(options: {
  readonly url: string
  readonly metricsUrl: string
  readonly credentials: Credentials
  readonly catalogue: Catalogue
  readonly demo: boolean
}): void {
  const { url, metricsUrl, credentials, catalogue, demo } = options
  const [metric] = catalogue.metrics.keys()
  process.stdout.write(`
Northstar runs at ${url}, for ${catalogue.product.title}${demo ? ' with the data of a simulated beta' : ''}.

  A metric by week:   npx northstar query ${metric ?? 'NAME'} --period week --from ${catalogue.product.launch}
  All of them:        npx northstar query
  Over HTTP:          curl -H 'authorization: Bearer ${credentials.adminToken}' '${url}/v1/metrics/${metric ?? 'NAME'}?period=week'
  Its own figures:    ${metricsUrl}

Send an event:

  curl -X POST ${url}/v1/events -H 'authorization: Bearer ${credentials.writeKey}' \\
    -H 'content-type: application/json' -d '${JSON.stringify(exampleEvent(catalogue))}'

Does everything add up?  npx northstar verify
Stop with Ctrl-C.
`)
}

/** An event that the tracking plan takes: the first kind of a user that has few required properties. */
function exampleEvent({ plan }: Catalogue): unknown {
  const kinds = [...plan.events.values()].filter(kind => kind.user === 'required')
  const required = (kind: (typeof kinds)[number]) => [...kind.properties.values()].filter(property => property.required)
  const [kind] = kinds.sort((a, b) => required(a).length - required(b).length)
  if (!kind) return {}
  const values = required(kind).map(property => [
    property.name,
    property.values?.[0] ?? { string: 'example', integer: property.min ?? 1, number: property.min ?? 1, boolean: true }[property.type],
  ])
  return { event: kind.name, user_id: 'me', session_id: 'first', properties: Object.fromEntries(values) }
}
