import { expect, test } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'

test.each([
  'password1234',
  'Password123!',
  'passwordpassword',
  'qwertyuiop12',
  '123456789012',
  '111111111111',
  'abcabcabcabc',
  'Admin2026!!!',
  'letmein12345',
  'ada.lovelace1',
  'northstar-2026',
])('%s is refused', password => expect(isCommonPassword(password, 'ada.lovelace')).toBe(true))

test.each(['correct horse battery', 'a long enough password', 'Tr4in-by-the-lake', '83jf-29dk-qq1m', 'ünïcödé überraschung'])(
  '%s is accepted',
  password => expect(isCommonPassword(password, 'ada.lovelace')).toBe(false),
)
