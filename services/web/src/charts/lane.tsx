interface LaneProps {
  readonly from: number
  readonly to: number
  /** Epoch ms; without an end it lasts still. */
  readonly episodes: readonly { readonly from: number; readonly to: number | null }[]
  readonly severity: string
}

const WIDTH = 1_000
const HEIGHT = 18
/** A moment must be seen, too. */
const LEAST = 5

/** When something held, on a line of time. The same stands in words beside it. */
export function Lane({ from, to, episodes, severity }: LaneProps) {
  const x = (time: number) => ((Math.min(to, Math.max(from, time)) - from) / Math.max(1, to - from)) * WIDTH
  return (
    <svg className="lane" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <rect className="lane-ground" width={WIDTH} height={HEIGHT} rx={4} />
      {episodes.map(episode => {
        const width = Math.max(LEAST, x(episode.to ?? to) - x(episode.from))
        return (
          <rect
            key={episode.from}
            className={`lane-${severity.toLowerCase()}`}
            x={Math.min(x(episode.from), WIDTH - width)}
            width={width}
            height={HEIGHT}
          />
        )
      })}
    </svg>
  )
}
