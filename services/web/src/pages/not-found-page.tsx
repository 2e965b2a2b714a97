import { Link } from '../router.tsx'
import { useTitle } from '../use-title.ts'

export function NotFoundPage() {
  useTitle('Page not found')
  return (
    <div className="panel empty">
      <h1>Page not found</h1>
      <p>
        Check the address, go to the <Link href="/">overview</Link> or see <Link href="/metrics">all metrics</Link>.
      </p>
    </div>
  )
}
