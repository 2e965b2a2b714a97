import { exampleEvent } from '@northstar/catalogue'
import type { MetricCatalogue } from '@northstar/metrics'
import type { Credentials } from './credentials.ts'

/** Prints the addresses, a sign-in link and commands that work when pasted. */
export function welcome(options: {
  readonly url: string
  /** The path of the one-time sign-in link; null once it was used. */
  readonly link: string | null
  readonly metricsUrl: string
  readonly credentials: Credentials
  readonly catalogue: MetricCatalogue
  readonly demo: boolean
}): void {
  const { url, link, metricsUrl, credentials, catalogue, demo } = options
  const [metric] = catalogue.metrics.keys()
  process.stdout.write(`
Northstar is running at ${url} for ${catalogue.product.title}${demo ? ', with demo data' : ''}.

  Sign in (one-time): ${link === null ? 'npx northstar open' : url + link}
  A metric by week:   npx northstar query ${metric ?? 'NAME'} --period week --from ${catalogue.product.launch}
  All metrics:        npx northstar query
  Over HTTP:          curl -H "authorization: Bearer $NORTHSTAR_ADMIN_TOKEN" '${url}/v1/metrics/${metric ?? 'NAME'}?period=week'
  Prometheus:         ${metricsUrl}

Send an event:

  curl -X POST ${url}/v1/events -H 'authorization: Bearer ${credentials.writeKey}' \\
    -H 'content-type: application/json' -d '${JSON.stringify(exampleEvent(catalogue.plan))}'

Check for differences:  npx northstar verify
Press Ctrl-C to stop.
`)
}
