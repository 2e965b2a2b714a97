import * as z from 'zod'

/** A text that may contain `${NAME}`. An empty default makes it optional. */
export const filled = (fallback: string) => z.string().max(500).default(fallback)

export const eventField = (content: string) => z.string().min(1).describe(`The event of the tracking plan for ${content}.`)
