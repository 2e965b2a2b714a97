/** A drawing for a PNG, px in CSS. */
export interface Picture {
  readonly width: number
  readonly height: number
  draw(context: CanvasRenderingContext2D): void
}
