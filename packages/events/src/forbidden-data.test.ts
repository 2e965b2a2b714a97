import { describe, expect, it } from 'vitest'
import { findForbidden } from './forbidden-data.ts'

describe('findForbidden', () => {
  it.each([
    ['write to ann.b+c@mail.example.org now', 'e-mail address'],
    ['connect 192.168.1.7:8080 failed', 'IP address'],
    ['from 10.0.0.1.', 'IP address'],
    ['peer fe80::1ff:fe23:4567:890a down', 'IP address'],
    ['2001:0db8:85a3:0000:0000:8a2e:0370:7334', 'IP address'],
    ['open /home/ann/notes', 'path with a user name'],
    ['/Users/ann/Library', 'path with a user name'],
    ['C:\\Users\\ann\\x', 'path with a user name'],
    ['token ghp_abcdefghijklmnopqrstuvwxyz0123', 'secret key'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'secret key'],
    ['AKIAABCDEFGHIJKLMNOP', 'secret key'],
  ])('finds in %j: %s', (text, kind) => expect(findForbidden(text, false)).toBe(kind))

  it.each([
    'file_management',
    '1.1.0-beta',
    'main > run > parse',
    'std::vec::Vec<T>::push at core::fmt',
    'at 12:30:45.123',
    '@scope/package',
    'a @ b',
    '999.1.1.1',
    '1.2.3.4.5',
    '/home/runner/work/x',
    'aa:bb:cc:dd:ee:ff',
    'user@localhost',
    'sk-test',
  ])('leaves %j alone', text => expect(findForbidden(text, false)).toBe(null))

  it('takes four numbers for a version where a version is expected', () => {
    expect(findForbidden('10.0.19045.1', true)).toBe(null)
    expect(findForbidden('1.2.3.4', true)).toBe(null)
    expect(findForbidden('1.2.3.4', false)).toBe('IP address')
  })

  it('takes no long time over hostile text', () => {
    for (const unit of ['a@', '1.', ':a', '/home/', 'a.', '1.1.1.1', '::1:', '%a-']) findForbidden(unit.repeat(50_000), false)
  })
})
