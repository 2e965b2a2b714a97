import type { ComponentProps } from 'react'
import type { ListedRelease } from '../api/types.ts'
import { Status } from '../components/status.tsx'

const VERDICTS: Readonly<Record<ListedRelease['verdict'], ComponentProps<typeof Status>>> = {
  better: { tone: 'good', word: 'Better' },
  worse: { tone: 'bad', word: 'Worse' },
  no_difference: { tone: 'plain', icon: 'equal', word: 'No difference seen' },
  not_enough_data: { tone: 'plain', word: 'Not enough data' },
}

export function ReleaseVerdict({ verdict }: Pick<ListedRelease, 'verdict'>) {
  return <Status {...VERDICTS[verdict]} />
}
