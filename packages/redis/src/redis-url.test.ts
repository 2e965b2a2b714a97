import { expect, test } from 'vitest'
import { parseRedisUrl } from './redis-url.ts'

const plain = { cluster: false, tls: false, database: 0 }

test.each([
  ['redis://host', { ...plain, nodes: [{ host: 'host', port: 6379 }] }],
  ['redis://10.0.0.1:7000/', { ...plain, nodes: [{ host: '10.0.0.1', port: 7000 }] }],
  ['redis://[::1]:7000/3', { ...plain, nodes: [{ host: '::1', port: 7000 }], database: 3 }],
  ['redis://:secret@host', { ...plain, nodes: [{ host: 'host', port: 6379 }], password: 'secret' }],
  ['redis://me:p%40s%3As%2F%25@host', { ...plain, nodes: [{ host: 'host', port: 6379 }], username: 'me', password: 'p@s:s/%' }],
  ['rediss://me:se:cret@host:1', { ...plain, nodes: [{ host: 'host', port: 1 }], tls: true, username: 'me', password: 'se:cret' }],
  ['redis+cluster://a:1', { ...plain, nodes: [{ host: 'a', port: 1 }], cluster: true }],
  [
    'redis+cluster://:pw@a:1,[::1]:2?tls=1',
    {
      ...plain,
      nodes: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
      ],
      cluster: true,
      tls: true,
      password: 'pw',
    },
  ],
  [
    'redis+cluster://u:pw@a:1,b:2/?tls=0',
    {
      ...plain,
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      cluster: true,
      username: 'u',
      password: 'pw',
    },
  ],
])('reads %s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address)
})

test.each([
  ['http://localhost', 'expected'],
  ['redis://', 'expected'],
  ['redis+cluster://', 'expected'],
  ['redis+cluster://host', 'host:port'],
  ['redis+cluster://a:1,b', 'host:port'],
  ['redis+cluster://a:1/2', 'only database 0'],
  ['redis+cluster://a:1?tls=yes', 'tls=0 or tls=1'],
  ['redis+cluster://a:1?ssl=1', 'tls=0 or tls=1'],
  ['redis://a:1,b:2', 'redis+cluster://'],
  ['redis://a:99999', '65535'],
  ['redis://a:1/zero', 'number'],
  ['redis://a?tls=1', 'rediss://'],
  ['redis://hunter2@a', 'user:password'],
  ['redis://:hunter2%@a', '%25'],
  ['redis://:hun/ter2@a', 'each host'],
])('refuses %s', (url, reason) => {
  expect(() => parseRedisUrl(url)).toThrow(RangeError)
  expect(() => parseRedisUrl(url)).toThrow(reason)
  expect(() => parseRedisUrl(url)).not.toThrow(/hunter2|hun\/ter2/)
})
