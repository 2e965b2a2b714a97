import { formatDay, shorten } from '../format.ts'
import type { Marker } from '../releases/use-releases.ts'

interface ReleaseMarkersProps {
  readonly markers: readonly Marker[]
  readonly x: (at: number) => number
  readonly zone: string
  /** The lower end of the lines, px. */
  readonly bottom: number
}

/** Vertical lines where releases came out, within an SVG; the version is at the top. */
export function ReleaseMarkers({ markers, x, zone, bottom }: ReleaseMarkersProps) {
  return markers.map(({ version, at }) => (
    <g key={version} className="release-marker">
      <title>
        {version}, {formatDay(at, zone)}
      </title>
      <line x1={x(at)} x2={x(at)} y1={14} y2={bottom} />
      <text x={x(at)} y={10} textAnchor="middle">
        {shorten(version)}
      </text>
    </g>
  ))
}
