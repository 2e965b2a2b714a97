export function MetricPage({ name }: { readonly name: string }) {
  return <p>Metric</p>
}
