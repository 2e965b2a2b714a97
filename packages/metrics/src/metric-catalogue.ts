import type { Catalogue } from '@northstar/catalogue'
import type { Metric } from './metric.ts'
import type { ReleasesFile } from './releases/releases-section.ts'

/** A product with its metrics. */
export interface MetricCatalogue extends Catalogue {
  readonly metrics: ReadonlyMap<string, Metric>
  /** `releases.yaml`. Default: releases are found by the property `version`. */
  readonly releases?: ReleasesFile
}
