const STORED = 'reloaded-at'
/** A script that is still missing after a reload within this time is an error, ms. */
const AGAIN_MS = 60_000

/** Reloads the page when a script is missing, as after an upgrade of the server; at most once a minute. */
export function reloadWhenScriptsAreMissing(): void {
  window.addEventListener('vite:preloadError', event => {
    try {
      const last = Number(sessionStorage.getItem(STORED) ?? 0)
      if (Date.now() - last < AGAIN_MS) return
      sessionStorage.setItem(STORED, String(Date.now()))
    } catch {
      // Without storage a reload could repeat forever.
      return
    }
    event.preventDefault()
    location.reload()
  })
}
