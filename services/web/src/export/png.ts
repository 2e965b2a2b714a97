import { pictureOfFigure } from './figure-picture.ts'
import { pictureOfTable } from './table-picture.ts'

/** Pixels per CSS pixel. */
const SCALE = 2
const TITLE = 36

/** A PNG of the element's chart with its legend, or of its table where it has no chart, under its title; null where there is neither. */
export async function pngOf(element: HTMLElement, title: string): Promise<Blob | null> {
  const [figure, table] = [element.querySelector('figure'), element.querySelector('table')]
  const context = document.createElement('canvas').getContext('2d')
  if (!context) return null
  const picture = figure ? await pictureOfFigure(figure) : table && pictureOfTable(table, context)
  if (!picture) return null
  const { fontFamily, color } = getComputedStyle(element)
  const [width, height] = [Math.ceil(picture.width), Math.ceil(picture.height) + TITLE]
  context.canvas.width = width * SCALE
  context.canvas.height = height * SCALE
  context.scale(SCALE, SCALE)
  context.fillStyle = getComputedStyle(element.closest('.panel') ?? document.body).backgroundColor
  context.fillRect(0, 0, width, height)
  context.fillStyle = color
  context.font = `600 15px ${fontFamily}`
  context.textBaseline = 'middle'
  context.fillText(title, 12, TITLE / 2, width - 24)
  context.translate(0, TITLE)
  picture.draw(context)
  return new Promise(resolve => context.canvas.toBlob(resolve, 'image/png'))
}
