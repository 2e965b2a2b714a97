import { createContext, use } from 'react'
import type { Definition, Definitions } from './api/types.ts'

export interface Product {
  readonly zone: string
  readonly title: string
  readonly launch: string
  readonly metrics: ReadonlyMap<string, Definition>
}

export type Role = 'admin' | 'read'

export interface Session {
  readonly role: Role
  /** Who is signed in, as acknowledgements name them. */
  readonly name: string
  /** Without one there is nothing to sign out of: the request carried a token. */
  readonly canLeave: boolean
}

export const ProductContext = createContext<Product | null>(null)
export const SessionContext = createContext<Session>({ role: 'read', name: '', canLeave: false })

export function productOf({ product, metrics }: Definitions): Product {
  return {
    zone: product.timezone,
    title: product.title,
    launch: product.launch,
    metrics: new Map(metrics.map(metric => [metric.name, metric])),
  }
}

/** The product, on pages that are shown only once it is known. */
export function useProduct(): Product {
  const product = use(ProductContext)
  if (!product) throw new Error('the page was shown before its product was known')
  return product
}

export const useSession = (): Session => use(SessionContext)
