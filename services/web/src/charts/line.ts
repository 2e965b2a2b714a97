type Values = readonly (number | null | undefined)[]

/** An SVG path through the values, interrupted at gaps. */
export function linePath(values: Values, x: (index: number) => number, y: (value: number) => number): string {
  let command = 'M'
  let drawn = ''
  values.forEach((value, index) => {
    if (typeof value !== 'number') {
      command = 'M'
      return
    }
    drawn += `${command}${x(index).toFixed(1)} ${y(value).toFixed(1)}`
    command = 'L'
  })
  return drawn
}

/** Whether a value has no neighbour that the line could join it to: it is drawn as a dot. */
export const isAlone = (values: Values, index: number): boolean =>
  typeof values[index - 1] !== 'number' && typeof values[index + 1] !== 'number'
