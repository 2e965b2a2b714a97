interface TileProps {
  readonly name: string
  readonly value: string
  readonly meaning: string
}

/** A large value of a list with the class `tiles`, with its name and meaning. */
export function Tile({ name, value, meaning }: TileProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="value">{value}</dd>
      <dd className="quiet">{meaning}</dd>
    </div>
  )
}
