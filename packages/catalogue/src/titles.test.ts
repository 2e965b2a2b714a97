import { expect, test } from 'vitest'
import { valueTitle } from './titles.ts'

test.each([
  ['platform', 'macos', 'macOS'],
  ['platform', 'free_bsd', 'Free bsd'],
  ['platform', 'constructor', 'Constructor'],
  ['platform', '__proto__', '  proto  '],
  ['platform', 'toString', 'ToString'],
  ['constructor', 'name', 'Name'],
])('the title of the value of %s that a sender calls %s is %s', (property, value, title) => {
  expect(valueTitle({ properties: {}, values: { platform: { macos: 'macOS' } } }, property, value)).toBe(title)
})
