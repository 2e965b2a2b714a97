/** Saves content as a file. */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser starts the download in a later task.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
