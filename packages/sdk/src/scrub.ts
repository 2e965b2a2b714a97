/** Maximum length of a sent text, characters. */
const MAX_TEXT = 16_000

/**
 * Patterns of secrets and of parts that identify a person or a machine, as they occur in stack traces and messages. Such parts do not leave
 * the program. Northstar refuses or scrubs further kinds. Each pattern runs in linear time.
 */
const PARTS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY[\s\S]*/g, '[secret]'],
  [/\b(?:Bearer|Basic) {1,4}[\w.~+/=-]{12,}/gi, '[secret]'],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '[secret]'],
  [/\b(?:gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|sk-|[prs]k_(?:live|test)_|npm_|ns[awr]_|AKIA|AIza)[\w-]{10,}/g, '[secret]'],
  [/:\/\/[^\s/:@]{1,64}:[^\s/@]{1,128}@/g, '://[secret]@'],
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}]{2,24}(?!:\d)/gu, '[mail]'],
  [/(?<![\w.])(?!127\.|0\.)\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g, '[address]'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]{1,9}(?![\w:])/gi, '[address]'],
]

/** A home folder, whose name may contain spaces. */
const HOME = /(?:\/home|\/Users|[A-Za-z]:[\\/]{1,2}(?:Users|Documents and Settings))[\\/]{1,2}[^\\/:"'<>|?*()\n\r]{1,64}(?=[\\/])/gi
/** The folders of a path, which may name people, projects and machines. Web addresses keep their host. */
const FOLDERS = /(?:file:\/\/|(?<![\w:/.]))(?:[A-Za-z]:)?(?:[\\/]{1,2}[^\s\\/:()'"<>|?*]{1,255}){1,64}[\\/](?=[^\s\\/])/g

/** Removes personal data, secrets and the folders of paths from a text, and shortens it to 16,000 characters. */
export function scrub(text: string): string {
  let clean = text.slice(0, MAX_TEXT)
  for (const [pattern, replacement] of PARTS) clean = clean.replace(pattern, replacement)
  return clean.replace(HOME, '').replace(FOLDERS, '')
}

/** A frame of V8 (`    at name (place)`), or of SpiderMonkey and JavaScriptCore (`name@place`). */
const FRAME = /^\s*(?:at .+|[^\s@]*@.+:\d+:\d+)$/
/** The folders of a frame's file, which may contain spaces. */
const PLACE = /(?<=^at (?:async )?|\(|@)(?!https?:|node:|async )[^()@]{0,1000}[\\/](?=[^\\/]*$)/

/** Returns the kind of an error and its frames, scrubbed. The message is left out, since it may quote user input. */
export function scrubStack(error: Error): string {
  const frames = String(error.stack ?? '')
    .split('\n')
    .filter(line => FRAME.test(line))
    .map(line => line.trim().replace(PLACE, ''))
  const cause = error.cause instanceof Error ? [`caused by ${error.cause.name}`] : []
  return scrub([error.name, ...frames.map(frame => `    ${frame}`), ...cause].join('\n'))
}
