import type { Definitions, ReleaseAnswer, ReleasesAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { formatTable, formatUnit } from '../table.ts'

interface Options {
  readonly against?: string
  readonly json?: boolean
}

export function releasesCommand(): Command {
  return new Command('releases')
    .description('Lists releases; with a version, prints it beside the release before at the same age.')
    .argument('[version]', 'a release')
    .option('--against <version>', 'the release to compare it with (default: the one before, by semantic version)')
    .option('--json', 'print JSON')
    .action(async (version: string | undefined, { against, json }: Options) => {
      const settings = readSettings()
      if (version === undefined) {
        const answer = await callApi<ReleasesAnswer>(settings, '/v1/releases')
        process.stdout.write(`${json ? JSON.stringify(answer) : formatTable(answer.releases.map(listed))}\n`)
        return
      }
      const query = new URLSearchParams({ ...(against !== undefined && { against }) })
      const answer = await callApi<ReleaseAnswer>(settings, `/v1/releases/${encodeURIComponent(version)}?${query}`)
      if (json) {
        process.stdout.write(`${JSON.stringify(answer)}\n`)
        return
      }
      const { metrics } = await callApi<Definitions>(settings, '/v1/metrics')
      process.stdout.write(`${compared(answer, metrics)}\n`)
    })
}

const words = (verdict: string) => verdict.replaceAll('_', ' ')

const listed = (release: ReleasesAnswer['releases'][number]) => ({
  release: release.version,
  date: release.date.slice(0, 10),
  stage: release.stage,
  'age in days': Math.round(release.age_days * 10) / 10,
  sessions: release.sessions,
  'share of 24 h': formatUnit(release.share, 'ratio'),
  'crash-free sessions': formatUnit(release.crash_free_sessions, 'ratio'),
  'beside the one before': words(release.verdict),
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
  const title = answer.against === null ? `Release ${answer.version}` : `Release ${answer.version} beside ${answer.against}`
  return [`${title}, ${answer.against === null ? 'its' : 'both'} first ${age} days`, '', formatTable(rows)].join('\n')
}
