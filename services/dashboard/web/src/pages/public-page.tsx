export function PublicPage() {
  return <p>Public</p>
}
