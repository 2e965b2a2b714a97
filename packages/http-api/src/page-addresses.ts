/**
 * Every address of the page. `:NAME` is an argument, in the path or in the query. The server's routes, the page's router and the
 * list that the browser tests open follow from it. Of two addresses with one path, that with a query comes first.
 */
export const PAGE_ADDRESSES = [
  '/',
  '/login',
  '/welcome/:token',
  '/public',
  '/metrics',
  '/metrics/:metric',
  '/releases',
  '/releases/:release',
  '/retention',
  '/alerts?alert=:alert',
  '/alerts',
  '/rules',
  '/reports',
  '/sql',
  '/health',
  '/instrument',
  '/access',
  '/account',
] as const

export type PageAddress = (typeof PAGE_ADDRESSES)[number]
