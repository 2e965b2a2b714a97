const STORED = 'reloaded-at'
/** A script that is still missing after a reload within this time is an error, ms. */
const AGAIN_MS = 60_000

/**
 * Reloads the page when a script is missing, as after an upgrade of the server; at most once a minute, and only if the server answers: offline,
 * a reload would replace the page by the browser's error.
 */
export function reloadWhenScriptsAreMissing(): void {
  window.addEventListener('vite:preloadError', () => {
    fetch(location.pathname, { method: 'HEAD', cache: 'no-store' }).then(
      ({ ok }) => {
        if (ok && mayReload()) location.reload()
      },
      () => {},
    )
  })
}

function mayReload(): boolean {
  try {
    const last = Number(sessionStorage.getItem(STORED) ?? 0)
    if (Date.now() - last < AGAIN_MS) return false
    sessionStorage.setItem(STORED, String(Date.now()))
    return true
  } catch {
    // Without storage a reload could repeat forever.
    return false
  }
}
