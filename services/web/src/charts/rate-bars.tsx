import type { Ingestion } from '../api/types.ts'
import { formatClock, formatCount } from '../format.ts'

const HEIGHT = 96
const STEP = 10
const GAP = 2

/** Events per minute: accepted, with rejected on top. The sums are in the text next to it. */
export function RateBars({ minutes, zone }: { readonly minutes: Ingestion['minutes']; readonly zone: string }) {
  const most = Math.max(1, ...minutes.map(({ accepted, rejected }) => accepted + rejected))
  const y = (count: number) => (count / most) * HEIGHT
  const [first, last] = [minutes[0], minutes.at(-1)]
  return (
    <figure className="rate">
      <p className="quiet">
        Peak per minute: {formatCount(most === 1 ? Math.max(...minutes.map(one => one.accepted + one.rejected)) : most)} received
      </p>
      <svg viewBox={`0 0 ${minutes.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {minutes.map(({ at, accepted, rejected }, index) => (
          <g key={at}>
            <rect className="rate-accepted" x={index * STEP} y={HEIGHT - y(accepted)} width={STEP - GAP} height={y(accepted)} />
            <rect className="rate-rejected" x={index * STEP} y={HEIGHT - y(accepted + rejected)} width={STEP - GAP} height={y(rejected)} />
          </g>
        ))}
      </svg>
      {first && last && (
        <p className="lane-axis quiet" aria-hidden="true">
          <span>{formatClock(first.at, zone)}</span>
          <span>{formatClock(last.at, zone)}</span>
        </p>
      )}
    </figure>
  )
}
