import { createContext, use } from 'react'
import type { Definition, Definitions, Role } from './api/types.ts'
import { setTitles } from './titles.ts'

export interface Product {
  readonly zone: string
  readonly title: string
  readonly launch: string
  readonly metrics: ReadonlyMap<string, Definition>
}

export interface Session {
  readonly role: Role
  /** Every role that `role` includes. */
  readonly roles: readonly Role[]
  /** Name of the signed-in user, as in acknowledgements. */
  readonly name: string
  /** False where the request carried a token: there is no session to end. */
  readonly canSignOut: boolean
  /** Whether it is that of a user, who can set a password. */
  readonly hasPassword: boolean
}

export const ProductContext = createContext<Product | null>(null)
export const SessionContext = createContext<Session>({ role: 'read', roles: ['read'], name: '', canSignOut: false, hasPassword: false })

export function productOf({ product, metrics, titles }: Definitions): Product {
  setTitles(titles)
  return {
    zone: product.timezone,
    title: product.title,
    launch: product.launch,
    metrics: new Map(metrics.map(metric => [metric.name, metric])),
  }
}

/** The loaded product. Only pages inside the provider may call it. */
export function useProduct(): Product {
  const product = use(ProductContext)
  if (!product) throw new Error('useProduct needs a ProductContext')
  return product
}

export const useSession = (): Session => use(SessionContext)

/** Whether the session's role includes another one: buttons that the server would refuse are not shown. */
export const useMay = (needed: Role): boolean => useSession().roles.includes(needed)
