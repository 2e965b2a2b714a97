import { useState } from 'react'
import { Icon, type IconName } from './icon.tsx'

type Theme = 'system' | 'light' | 'dark'

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const ICONS: Readonly<Record<Theme, IconName>> = { system: 'contrast', light: 'sun', dark: 'moon' }

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(() => {
    const { theme: set } = document.documentElement.dataset
    return set === 'light' || set === 'dark' ? set : 'system'
  })
  const choose = (next: Theme) => {
    setTheme(next)
    if (next === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
    try {
      if (next === 'system') localStorage.removeItem('theme')
      else localStorage.setItem('theme', next)
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
  }
  const label = `Theme: ${theme}. Change to ${NEXT[theme]}`
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={() => choose(NEXT[theme])}>
      <Icon name={ICONS[theme]} />
    </button>
  )
}
