import type { GateAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'
import { EXIT } from '../program.ts'
import { formatTable } from '../table.ts'

interface Options {
  readonly release: string
  readonly against?: string
  readonly json?: boolean
}

export function gateCommand(): Command {
  return new Command('gate')
    .description(
      'Checks a release against the gate in releases.yaml. Exits 0 if all checks pass, 1 if one fails, 3 if there is not enough data for one.',
    )
    .requiredOption('--release <version>', 'the release to check')
    .option('--against <version>', 'the release to compare it with (default: the previous one by semantic version)')
    .option('--json', 'print JSON')
    .action(async ({ release, against, json }: Options) => {
      const query = new URLSearchParams({ ...(against !== undefined && { against }) })
      const gate = await callApi<GateAnswer>(readSettings(), `/v1/releases/${encodeURIComponent(release)}/gate?${query}`)
      printAnswer(gate, json, () => readable(gate))
      const failed = gate.checks.some(({ passed }) => passed === false)
      process.exitCode = gate.passed ? 0 : failed ? EXIT.failed : EXIT.notEnoughData
    })
}

const outcome = (passed: boolean | null) => (passed === null ? 'not enough data' : passed ? 'pass' : 'fail')

function readable({ release, against, passed, checks }: GateAnswer): string {
  const failed = checks.some(check => check.passed === false)
  const rows = checks.map(({ name, passed: one, reason }) => ({ check: name, outcome: outcome(one), reason }))
  return [
    `Release ${release}${against === null ? '' : `, compared with ${against}`}`,
    '',
    checks.length > 0 ? formatTable(rows) : 'releases.yaml has no gate: nothing to check.',
    '',
    `Gate: ${outcome(passed ? true : failed ? false : null)}`,
  ].join('\n')
}
