import type { Definitions, ReleaseAnswer, ReleasesAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { print, printAnswer, printJson } from '../print.ts'
import { formatTable, formatUnit } from '../table.ts'

interface Options {
  readonly against?: string
  readonly json?: boolean
}

export function releasesCommand(): Command {
  return new Command('releases')
    .description('Lists releases. With a version, compares it with the previous release at the same age.')
    .argument('[version]', 'a release')
    .option('--against <version>', 'the release to compare it with (default: the previous one by semantic version)')
    .option('--json', 'print JSON')
    .action(async (version: string | undefined, { against, json }: Options) => {
      const settings = readSettings()
      if (version === undefined) {
        const answer = await callApi<ReleasesAnswer>(settings, '/v1/releases')
        printAnswer(answer, json, () =>
          answer.releases.length === 0
            ? 'No releases: releases.yaml lists none, and no event with a version has arrived.'
            : formatTable(answer.releases.map(listed)),
        )
        return
      }
      const query = new URLSearchParams({ ...(against !== undefined && { against }) })
      const answer = await callApi<ReleaseAnswer>(settings, `/v1/releases/${encodeURIComponent(version)}?${query}`)
      if (json) return void printJson(answer)
      const { metrics } = await callApi<Definitions>(settings, '/v1/metrics')
      print(compared(answer, metrics))
    })
}

const words = (verdict: string) => verdict.replaceAll('_', ' ')

const listed = (release: ReleasesAnswer['releases'][number]) => ({
  release: release.version,
  date: release.date.slice(0, 10),
  stage: release.stage,
  'age in days': Math.round(release.age_days * 10) / 10,
  sessions: release.sessions,
  'share of 7 days': formatUnit(release.share, 'ratio'),
  'crash-free sessions': formatUnit(release.crash_free_sessions, 'ratio'),
  'vs previous': words(release.verdict),
})

function compared(answer: ReleaseAnswer, metrics: Definitions['metrics']): string {
  const units = new Map(metrics.map(({ name, unit }) => [name, unit]))
  const rows = answer.metrics.map(({ metric, by, value, sample, against, interval, verdict }) => {
    const unit = units.get(metric) ?? 'number'
    const difference = (of = 0) => (unit === 'ratio' ? formatUnit(of, unit, true) : `${of > 0 ? '+' : ''}${formatUnit(of, unit)}`)
    return {
      metric: [metric, ...Object.values(by ?? {})].join(' · '),
      [answer.version]: formatUnit(value, unit),
      sample,
      ...(answer.against !== null && {
        [answer.against]: formatUnit(against.value, unit),
        'difference, 95%': interval ? `${difference(interval[0])} to ${difference(interval[1])}` : '–',
        verdict: words(verdict),
      }),
    }
  })
  const age = Math.round(answer.age_days * 10) / 10
  const title = answer.against === null ? `Release ${answer.version}` : `Release ${answer.version} compared with ${answer.against}`
  return [`${title}, ${answer.against === null ? 'its' : 'both'} first ${age} days`, '', formatTable(rows)].join('\n')
}
