import type { ListedRelease } from '../api/types.ts'
import { Icon, type IconName } from '../components/icon.tsx'
import type { Tone } from '../verdict.ts'

export type ReleaseVerdictName = ListedRelease['verdict']

/** Word, icon and colour of each verdict; the colour alone carries no meaning. */
const VERDICTS: Readonly<Record<ReleaseVerdictName, { readonly tone: Tone; readonly icon: IconName; readonly word: string }>> = {
  better: { tone: 'good', icon: 'check', word: 'Better' },
  worse: { tone: 'bad', icon: 'stop', word: 'Worse' },
  no_difference: { tone: 'plain', icon: 'equal', word: 'No difference seen' },
  not_enough_data: { tone: 'plain', icon: 'clock', word: 'Not enough data' },
}

export function ReleaseVerdict({ verdict }: { readonly verdict: ReleaseVerdictName }) {
  const { tone, icon, word } = VERDICTS[verdict]
  return (
    <span className={`status status-${tone}`}>
      <Icon name={icon} size={14} />
      {word}
    </span>
  )
}
