import { use, useEffect } from 'react'
import { ProductContext } from './context.ts'

/** Sets the document's title: the subject of the page, then the product. */
export function useTitle(subject: string): void {
  const product = use(ProductContext)
  useEffect(() => {
    document.title = `${subject} · ${product?.title ?? 'Northstar'}`
  }, [subject, product])
}
