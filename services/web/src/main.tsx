import '@fontsource-variable/inter'
import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/panels.css'
import './styles/figures.css'
import './styles/charts.css'
import './styles/tables.css'
import './styles/lists.css'
import './styles/forms.css'
import './styles/pages.css'
import './styles/alerts.css'
import './styles/releases.css'
import './styles/sql.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { reloadWhenScriptsAreMissing } from './reload-once.ts'

reloadWhenScriptsAreMissing()
const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
