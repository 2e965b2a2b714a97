import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()

function notify(): void {
  for (const listener of listeners) listener()
}

window.addEventListener('popstate', notify)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  const samePage = new URL(to, location.href).pathname === location.pathname
  history[options.replace ? 'replaceState' : 'pushState'](null, '', to)
  notify()
  if (samePage) return
  window.scrollTo(0, 0)
  // Screen readers announce the new page.
  document.getElementById('content')?.focus({ preventScroll: true })
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname)

/** A query parameter of the address; null removes it. */
export function useParameter(name: string): [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get(name))
  const set = (next: string | null) => {
    const parameters = new URLSearchParams(location.search)
    if (next === null) parameters.delete(name)
    else parameters.set(name, next)
    const query = parameters.toString()
    navigate(location.pathname + (query && `?${query}`), { replace: true })
  }
  return [value, set]
}

export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(href)
  }
  return <a href={href} onClick={follow} {...rest} />
}
