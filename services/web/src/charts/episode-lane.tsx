interface LaneProps {
  readonly from: number
  readonly to: number
  /** Epoch ms; `to` is null while it lasts. */
  readonly episodes: readonly { readonly from: number; readonly to: number | null }[]
  readonly severity: string
}

const WIDTH = 1_000
const HEIGHT = 18
/** Minimum width of an episode, so that a short one is visible. */
const MIN_WIDTH = 5

/** Episodes on a time line. Hidden from assistive technology: the text next to it lists them. */
export function EpisodeLane({ from, to, episodes, severity }: LaneProps) {
  const x = (time: number) => ((Math.min(to, Math.max(from, time)) - from) / Math.max(1, to - from)) * WIDTH
  return (
    <svg className="lane" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <rect className="lane-ground" width={WIDTH} height={HEIGHT} rx={4} />
      {episodes.map(episode => {
        const width = Math.max(MIN_WIDTH, x(episode.to ?? to) - x(episode.from))
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
