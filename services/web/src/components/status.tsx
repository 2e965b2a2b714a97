import type { ReactNode } from 'react'
import type { Change, Tone, Verdict } from '../verdict.ts'
import { Icon, type IconName } from './icon.tsx'

const ICONS: Readonly<Record<Tone, IconName>> = { good: 'check', warn: 'warning', bad: 'stop', plain: 'clock' }

/** A word with the icon and colour of its tone; the colour alone carries no meaning. */
export function Status({ tone, word, icon = ICONS[tone] }: Verdict & { readonly icon?: IconName }) {
  return (
    <span className={`status status-${tone}`}>
      <Icon name={icon} size={14} />
      {word}
    </span>
  )
}

const ARROWS = { up: '▲', down: '▼', flat: '' } as const
const WORDS = { up: 'up ', down: 'down ', flat: '' } as const

/** `▲ +100 (+67%)`. */
export function ChangeMark({ change, since }: { readonly change: Change; readonly since?: string }) {
  const { direction, difference, gain } = change
  return (
    <span className="change">
      {direction !== 'flat' && (
        <span aria-hidden="true" className="change-arrow">
          {ARROWS[direction]}
        </span>
      )}
      <span className="sr-only">{WORDS[direction]}</span>
      {difference}
      {gain && direction !== 'flat' && ` (${gain})`}
      {since && <span className="change-since"> {since}</span>}
    </span>
  )
}

/** The sentence of a list that is empty because all is well. */
export function AllClear({ children }: { readonly children: ReactNode }) {
  return (
    <p className="all-clear">
      <Icon name="check" /> {children}
    </p>
  )
}

export function Severity({ level }: { readonly level: string }) {
  return <span className={`severity severity-${level.toLowerCase()}`}>{level}</span>
}
