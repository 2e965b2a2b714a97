import { badValue } from '@northstar/runtime'

/** Words in the most common passwords of twelve characters or more. */
const WORDS = [
  ...['password', 'passwort', 'passw0rd', 'p@ssw0rd', 'p@ssword', 'welcome', 'letmein', 'changeme', 'secret', 'default', 'administrator'],
  ...['admin', 'root', 'login', 'user', 'test', 'guest', 'master', 'hello', 'iloveyou', 'sunshine', 'princess', 'football', 'baseball'],
  ...['dragon', 'monkey', 'superman', 'batman', 'shadow', 'michael', 'jennifer', 'computer', 'internet', 'samsung', 'whatever', 'trustno'],
  ...['qwertyuiop', 'qwertzuiop', 'asdfghjkl', 'zxcvbnm', 'yxcvbnm', 'qwerty', 'qwertz', 'azerty', 'asdf', 'abcdefghijkl', 'abcdef', 'abc'],
  ...['1qaz2wsx3edc', '1qaz2wsx', 'q1w2e3r4t5y6', 'q1w2e3r4', '1q2w3e4r5t6y', '1q2w3e4r', 'zaq12wsx', 'northstar'],
]
/** Minimum number of letters in addition to common words. */
const MIN_OTHERS = 4

/** Whether a password consists of common words, the user's name, runs or repetitions, joined by digits and signs. */
export function isCommonPassword(password: string, user: string): boolean {
  const text = password.toLowerCase()
  if (new Set(text).size < 5) return true
  const words = [...WORDS, ...user.toLowerCase().split(/[^a-z0-9]+/)].filter(word => word.length > 2)
  const rest = words.toSorted((a, b) => b.length - a.length).reduce((left, word) => left.replaceAll(word, ''), text)
  const letters = rest.replace(/[^\p{L}]/gu, '').length
  return rest.length < text.length ? letters < MIN_OTHERS : letters === 0 && isRun(rest)
}

/** Whether digits only count up or down, or repeat: 123456789012. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((character, index) => ((character.codePointAt(0) ?? 0) - (text.codePointAt(index) ?? 0) + 10) % 10)
  return steps.filter(step => step === 1 || step === 9 || step === 0).length >= steps.length - 2
}

/** @throws HttpProblem 400 */
export function checkNewPassword(password: string, user: string): void {
  if (!isCommonPassword(password, user)) return
  const detail = 'This password is too easy to guess. Use another one, for example four unrelated words.'
  throw badValue('password', detail, { code: 'common_password' })
}
