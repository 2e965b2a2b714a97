export const print = (text: string) => process.stdout.write(`${text}\n`)

/** Prints an answer as JSON, or in its readable form. */
export const printAnswer = (answer: unknown, json: boolean | undefined, readable: () => string) =>
  print(json ? JSON.stringify(answer) : readable())
