import { Link } from '../router.tsx'

export function NotFoundPage() {
  return (
    <div className="panel empty">
      <h1>There is no such page</h1>
      <p>
        The address may be mistyped. <Link href="/">Go to the overview</Link>, or look among <Link href="/metrics">all metrics</Link>.
      </p>
    </div>
  )
}
