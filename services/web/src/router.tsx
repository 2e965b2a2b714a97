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

type Changes = Readonly<Record<string, string | null>>

/** The query parameters of the address, and a function that changes some of them; null removes one. */
export function useParameters(): readonly [URLSearchParams, (changes: Changes) => void] {
  const search = useSyncExternalStore(subscribe, () => location.search)
  return [new URLSearchParams(search), setParameters]
}

function setParameters(changes: Changes): void {
  const parameters = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) parameters.delete(name)
    else parameters.set(name, value)
  }
  const query = parameters.toString()
  navigate(location.pathname + (query && `?${query}`), { replace: true })
}

/** One query parameter of the address; null removes it. */
export function useParameter(name: string): readonly [string | null, (value: string | null) => void] {
  const [parameters, set] = useParameters()
  return [parameters.get(name), value => set({ [name]: value })]
}

/**
 * The argument that an address such as `/metrics/:metric` or `/alerts?alert=:alert` has in the browser's address; empty where it has none,
 * undefined where the browser is at another address.
 */
export function argumentOf(address: string, path: string, parameters: URLSearchParams): string | undefined {
  const [pattern = '', query] = address.split('?')
  const match = new RegExp(`^${pattern.replace(/:\w+/, '([^/]+)')}$`).exec(path)
  if (!match) return undefined
  if (query !== undefined) return parameters.get(query.split('=')[0] ?? '') ?? undefined
  return decodeURIComponent(match[1] ?? '')
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
