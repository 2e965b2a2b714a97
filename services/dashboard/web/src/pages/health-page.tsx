export function HealthPage() {
  return <p>Health</p>
}
