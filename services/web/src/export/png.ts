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
/** Pixels per CSS pixel. */
const SCALE = 2

/** A PNG of the chart, on the page's background; null where the browser cannot make one. */
export async function pngOf(svg: SVGSVGElement): Promise<Blob | null> {
  const { width, height } = svg.getBoundingClientRect()
  const copy = svg.cloneNode(true) as SVGSVGElement
  inlineStyles(svg, copy)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * SCALE
  canvas.height = height * SCALE
  const context = canvas.getContext('2d')
  if (!context) return null
  context.scale(SCALE, SCALE)
  context.fillStyle = getComputedStyle(svg.closest('.panel') ?? document.body).backgroundColor
  context.fillRect(0, 0, width, height)
  context.drawImage(image, 0, 0, width, height)
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'))
}

function inlineStyles(from: Element, to: Element): void {
  const computed = getComputedStyle(from)
  for (const name of STYLES) to.setAttribute(name, computed.getPropertyValue(name))
  Array.from(from.children).forEach((child, index) => {
    const copied = to.children[index]
    if (copied) inlineStyles(child, copied)
  })
}
