import type { Picture } from './picture.ts'

/** Properties that style sheets set; they are inlined, since a separate image has no style sheets. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'font-family',
  'font-size',
  'font-weight',
  'opacity',
  'text-anchor',
  'visibility',
] as const
/** Length of the line before an entry of a legend, px. */
const SAMPLE = 16

/** A chart with its legend, each part where the page has it. */
export async function pictureOfFigure(figure: HTMLElement): Promise<Picture> {
  const { left, top, width, height } = figure.getBoundingClientRect()
  const images = await Promise.all([...figure.querySelectorAll('svg')].map(async svg => ({ svg, image: await imageOf(svg) })))
  return {
    width,
    height,
    draw(context) {
      for (const { svg, image } of images) {
        const box = svg.getBoundingClientRect()
        context.drawImage(image, box.left - left, box.top - top, box.width, box.height)
      }
      for (const entry of figure.querySelectorAll<HTMLElement>('.legend-text, .legend > span')) {
        const box = entry.getBoundingClientRect()
        const { color, fontSize, fontFamily } = getComputedStyle(entry)
        const line = getComputedStyle(entry, '::before')
        const hasSample = line.content !== 'none'
        const middle = box.top - top + box.height / 2
        context.fillStyle = line.borderTopWidth === '0px' ? line.backgroundColor : line.borderTopColor
        if (hasSample) context.fillRect(box.left - left, middle - 1, SAMPLE, 2)
        context.fillStyle = color
        context.font = `${fontSize} ${fontFamily}`
        context.fillText(entry.textContent ?? '', box.left - left + (hasSample ? SAMPLE + 8 : 0), middle)
      }
    },
  }
}

async function imageOf(svg: SVGSVGElement): Promise<HTMLImageElement> {
  const { width, height } = svg.getBoundingClientRect()
  const copy = svg.cloneNode(true) as SVGSVGElement
  inlineStyles(svg, copy)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  return image
}

function inlineStyles(from: Element, to: Element): void {
  const computed = getComputedStyle(from)
  for (const name of STYLES) to.setAttribute(name, computed.getPropertyValue(name))
  Array.from(from.children).forEach((child, index) => {
    const copied = to.children[index]
    if (copied) inlineStyles(child, copied)
  })
}
