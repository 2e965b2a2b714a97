import { exampleEvent } from '@northstar/catalogue'
import type { MetricCatalogue } from '@northstar/metrics'
import type { Credentials } from './credentials.ts'

/** What a person needs first: where to look, and a command that works as pasted. */
export function welcome(options: {
  readonly url: string
  /** The path of a link that signs in once, until somebody has used one. */
  readonly link: string | null
  readonly metricsUrl: string
  readonly credentials: Credentials
  readonly catalogue: MetricCatalogue
  readonly demo: boolean
}): void {
  const { url, link, metricsUrl, credentials, catalogue, demo } = options
  const [metric] = catalogue.metrics.keys()
  process.stdout.write(`
Northstar runs at ${url}, for ${catalogue.product.title}${demo ? ' with the data of a simulated beta' : ''}.

${link === null ? '' : `  Open, once:         ${url}${link}\n`}  A metric by week:   npx northstar query ${metric ?? 'NAME'} --period week --from ${catalogue.product.launch}
  All of them:        npx northstar query
  Over HTTP:          curl -H 'authorization: Bearer ${credentials.adminToken}' '${url}/v1/metrics/${metric ?? 'NAME'}?period=week'
  Its own figures:    ${metricsUrl}

Send an event:

  curl -X POST ${url}/v1/events -H 'authorization: Bearer ${credentials.writeKey}' \\
    -H 'content-type: application/json' -d '${JSON.stringify(exampleEvent(catalogue.plan))}'

Does everything add up?  npx northstar verify
Stop with Ctrl-C.
`)
}
