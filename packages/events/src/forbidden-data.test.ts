import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findForbidden, scrubForbidden } from './forbidden-data.ts'
import { STACK_TRACES } from './stack-traces.test-data.ts'

/** Text around a forbidden part, the part, its kind. */
const FORBIDDEN: readonly (readonly [before: string, part: string, after: string, kind: string])[] = [
  ['write to ', 'ann.b+c@mail.example.org', ' now', 'e-mail address'],
  ['<', 'jürgen@müller.de', '>', 'e-mail address'],
  ['by ', '用户@例子.公司', '', 'e-mail address'],
  ['by ', 'ann@xn--mller-kva.xn--p1ai', ', twice', 'e-mail address'],
  ['?user=', 'ann%40example.org', '&x=1', 'e-mail address'],
  ['?next=%2Fu%3D', 'ann%2540example.org', '', 'e-mail address'],
  ['?user=', 'j%C3%BCrgen%40m%C3%BCller.de', '&x', 'e-mail address'],
  ['connect ', '192.168.1.7', ':8080 failed', 'IP address'],
  ['from ', '10.0.0.1', '.', 'IP address'],
  ['peer ', 'fe80::1ff:fe23:4567:890a', ' down', 'IP address'],
  ['', '2001:0db8:85a3:0000:0000:8a2e:0370:7334', '', 'IP address'],
  ['[', '2001:db8::1', ']:443', 'IP address'],
  ['peer=', '2001%3Adb8%3A%3A8a2e%3A1', '', 'IP address'],
  ['open /home/', 'ann', '/notes', 'path with a user name'],
  ['/Users/', 'ann', '/Library', 'path with a user name'],
  ['C:\\Users\\', 'ann', '\\x', 'path with a user name'],
  ['c:\\\\users\\\\', 'Ann Smith', '\\\\AppData', 'path with a user name'],
  ['file:///C:/Users/', 'ann', '/x.js', 'path with a user name'],
  ['C:\\Documents and Settings\\', 'ann', '\\x', 'path with a user name'],
  ['file%3A%2F%2F%2Fhome%2F', 'ann', '%2Fx', 'path with a user name'],
  ['open ', '\\\\fileserver\\ann\\my notes\\x.txt', ' now', 'network path'],
  ['"', '\\\\\\\\fileserver\\\\ann\\\\notes.txt', '"', 'network path'],
  ['call ', '+420 601 123 456', '', 'phone number'],
  ['call ', '+1 (415) 555-2671', ' now', 'phone number'],
  ['call ', '415-555-2671', '.', 'phone number'],
  ['tel=', '%2B420601123456', '', 'phone number'],
  ['paid with ', '4111 1111 1111 1111', '', 'card number'],
  ['paid with ', '5500005555555559', ',', 'card number'],
  ['paid with ', '3782 822463 10005', '', 'card number'],
  ['from ', 'DE89 3704 0044 0532 0130 00', ' to', 'bank account number'],
  ['from ', 'GB29NWBK60161331926819', '', 'bank account number'],
  ['', 'CZ6508000000192000145399', '', 'bank account number'],
  ['token ', 'ghp_abcdefghijklmnopqrstuvwxyz0123', '', 'secret key'],
  ['', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '\n', 'secret key'],
  ['', 'AKIAABCDEFGHIJKLMNOP', '', 'secret key'],
  ['', 'xoxb-123456789012-abcdef', '', 'secret key'],
  ['key ', 'sk-proj-abcdefghijklmnopqrstuv', '', 'secret key'],
  ['key ', 'sk_live_abcdefghijklmnop', '', 'secret key'],
  ['key ', 'glpat-abcdefghij0123456789', '', 'secret key'],
  ['key ', `AIza${'b'.repeat(35)}`, '', 'secret key'],
  ['jwt=', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def', '', 'secret key'],
  ['Authorization: Bearer ', '0123456789abcdef0123', '', 'secret key'],
  ['postgres://', 'ann:hunter2', '@db/x', 'secret key'],
  ['redis://', ':hun@ter2', '@db:6379', 'secret key'],
  ['Server=db;User Id=app;Password=', 'letmein', ';Encrypt=true', 'secret key'],
  ['jdbc:postgresql://db/x?user=app&password=', 'hunter2', '', 'secret key'],
  ['{"access_token": "', 'letmein', '"}', 'secret key'],
  ['DB_PASSWORD=', 'hunter2', ' ./run', 'secret key'],
  ['x-api-key: ', 'abcdefghij0123456789', '', 'secret key'],
  ['AUTHORIZATION: BEARER ', 'abc123def456', '', 'secret key'],
  ['Authorization: token ', 'abcdefghij0123456789', '', 'secret key'],
  ['post to https://', 'hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop', ' failed', 'secret key'],
  ['on ', 'aa:bb:cc:dd:ee:ff', ' link', 'MAC address'],
  ['on ', '00-1A-2B-3C-4D-5E', '', 'MAC address'],
  ['on ', '001a.2b3c.4d5e', '.', 'MAC address'],
  ['[', 'fe80::1ff:fe23:4567:890a%eth0', ']:443', 'IP address'],
  ['open "', '//fileserver17/share/ann/notes.txt', '"', 'network path'],
  ['open ', 'file://///fileserver17/ann/x', '', 'network path'],
  ['C:\\Benutzer\\', 'ann', '\\x', 'path with a user name'],
  ['C:\\USERS\\', 'ANN', '\\x', 'path with a user name'],
  ['c:/Пользователи/', 'ann', '/x', 'path with a user name'],
  ['call ', '0171 1234567', '', 'phone number'],
  ['call ', '030/1234567', ',', 'phone number'],
  ['call ', '06 12 34 56 78', '', 'phone number'],
  ['call ', '020 7946 0958', '', 'phone number'],
  ['tel:', '4155552671', '', 'phone number'],
  ['call ', '＋４２０ ６０１ １２３ ４５６', '', 'phone number'],
  ['call ', '+٤٢٠٦٠١١٢٣٤٥٦', '', 'phone number'],
  ['write to ', 'ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ', ' now', 'e-mail address'],
  ['write to ', 'ann&#64example&#x2Eorg', ' now', 'e-mail address'],
  ['write to ', 'ann\u200b@exam\u00adple.org', ' now', 'e-mail address'],
  ['state=', Buffer.from('{"mail":"ann@example.org"}').toString('base64'), '&x=1', 'e-mail address'],
  ['state ', Buffer.from('user: ann@example.org?>').toString('base64url'), '', 'e-mail address'],
  ['card ', '4111.1111.1111.1111', '', 'card number'],
  ['iban ', 'de89 3704 0044 0532 0130 00', '', 'bank account number'],
]

describe('findForbidden and scrubForbidden', () => {
  it.each(FORBIDDEN)('%s%s%s', (before, part, after, kind) => {
    expect(findForbidden(before + part + after, false)).toBe(kind)
    const replaced = kind === 'path with a user name' ? '[user]' : `[${kind}]`
    expect(scrubForbidden(before + part + after, false)).toBe(before + replaced + after)
    // Scrubbed text passes, so a sender that scrubs is not scrubbed again.
    expect(findForbidden(before + replaced + after, false)).toBe(null)
  })

  it.each([
    'file_management',
    '1.1.0-beta',
    'main > run > parse',
    'std::vec::Vec<T>::push at core::fmt',
    'core::ops::add::f32',
    'at 12:30:45.123',
    '@scope/package',
    'a @ b',
    '999.1.1.1',
    '1.2.3.4.5',
    '/home/runner/work/x',
    '/Users/runner/x',
    '01-02-03-04-05-06',
    '00:11:22:33:44:55',
    '2024.1234.5678',
    '//usr/local/lib/libx.so',
    '//cdn.example.com/npm/x.js',
    '// see docs/a/b',
    'webpack:///./~/react-dom/lib/x.js',
    'password=password, token=self.token',
    'Unexpected token a1 in JSON',
    'password: must have 8 characters',
    'Basic HTTP/1.1 is refused',
    'on 01-02-2026 09:30',
    '0123 4567 89ab cdef',
    'sun/reflect/NativeMethodAccessorImpl',
    '用户名不能为空。请重试',
    '\u001b[31mfailed\u001b[0m',
    'C:\\Program Files\\x',
    'user@localhost',
    'sk-test',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'Chrome/120.0.0.0 Safari/537.36',
    'node_modules/.pnpm/lodash@4.17.21/node_modules/lodash',
    'render@bundle.js:10:512',
    '0x00007ff81234abcd + 1234567',
    '1768900000000000123',
    '4111 1111 1111 1112',
    'DE89 3704 0044 0532 0130 01',
    '\\d+\\w+',
    'GET /users/42',
    '100%25 of 5',
    '\\\\.\\pipe\\docker_engine',
    'Bearer authentication is missing',
  ])('leave %j alone', text => {
    expect(findForbidden(text, false)).toBe(null)
    expect(scrubForbidden(text, false)).toBe(text)
  })

  it.each(Object.entries(STACK_TRACES))('leave a clean stack trace of %s as it is, line by line and as a whole', (_, trace) => {
    const changed = trace.split('\n').filter(line => scrubForbidden(line, false) !== line)
    expect(changed.map(line => `${line} → ${scrubForbidden(line, false)}`)).toEqual([])
    expect(scrubForbidden(trace, false)).toBe(trace)
  })

  it('take four numbers for a version where a version is expected', () => {
    expect(findForbidden('10.0.19045.1', true)).toBe(null)
    expect(findForbidden('1.2.3.4', true)).toBe(null)
    expect(findForbidden('1.2.3.4', false)).toBe('IP address')
  })

  it('find an account number that a longer match hides', () => {
    for (const before of ['GB29NWBK60161331926819', 'AB12', 'DE00 1234 5678'])
      expect(scrubForbidden(`${before} CZ6508000000192000145399 end`, false)).toMatch(/\[bank account number\] end$/)
    expect(scrubForbidden('1234 5678 4111 1111 1111 1111 end', false)).toBe('1234 5678 [card number] end')
  })

  it('find every forbidden part, whatever surrounds it', () => {
    const filler = fc.constantFrom(' ', '\n', ' at ', '(', ') ', ', ', ' main ')
    const part = fc.constantFrom(...FORBIDDEN.map(([before, secret, after]) => before + secret + after))
    fc.assert(
      fc.property(fc.array(fc.tuple(filler, part), { minLength: 1, maxLength: 8 }), parts => {
        const scrubbed = scrubForbidden(parts.flat().join(''), false)
        expect(findForbidden(scrubbed, false)).toBe(null)
        for (const word of ['ann', 'rgen', '601', '1111', '3704', 'hunter2', 'eyJ'])
          expect(scrubbed.replace(/Documents and/g, '')).not.toContain(word)
      }),
    )
  })
})

/** Beginnings that patterns look for, each repeated: what made a pattern search to the end from every place. */
const HOSTILE = [
  ...['eyJ-', 'eyJ', 'eyJaaaaaaaa.', 'eyJaaaaaaaa-', 'a@', 'a@a.', '@a.a', 'a.', '%a-', '%40', 'a%40', '%2540', '%25', '%'],
  ...[
    '1.',
    '1.1.1.1',
    '1.1.1.1.',
    ':a',
    '::1:',
    'a:',
    'fe80::',
    '/home/',
    '/home/a',
    '/Users/',
    'C:\\',
    'C:\\Users\\',
    'C://///',
    '\\\\',
    '\\\\a\\',
    '\\',
  ],
  ...[
    '+1',
    '+1 ',
    '1-',
    '415-555-',
    '(415) ',
    '1',
    '4111 ',
    '4111111111111111 ',
    'DE89',
    'DE89 3704 ',
    'A1',
    'GB29NWBK',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY',
  ],
  ...[
    'sk-',
    'sk-aaaaaaaaaa.',
    'ghp_',
    'xoxb-',
    'SG.aaaaaaaaaaaaaaaaaaaaaa.',
    'AKIA',
    'AKIAABCDEFGHIJKLMNOPQ',
    'github_pat_',
    'Bearer ',
    'Bearer a',
    '://',
    '://a:',
    '://a:b',
  ],
  ...[
    '0044 ',
    '00',
    '~a',
    '~',
    '\\Users\\',
    '\\\\?\\UNC\\a\\',
    '\\ab\\c',
    'smb://',
    'smb://ab/c',
    '"a',
    '"@',
    "a'",
    'ip-1',
    'ip-1-1-1-1',
    'a:2001:',
    'de89',
    'de8',
  ],
  ...[
    '&#64;',
    '&#',
    '&',
    '&amp;',
    '&commat;',
    '\\u0040',
    '\\\\u0040',
    '\\x40',
    '\\u{40}',
    '\\/',
    '%u0040',
    '%u',
    '＠',
    '@[1.1.1.1',
    '3056 930902 ',
  ],
  ...['password=', 'password=a', ';pwd=', '"token":"', 'x-api-key: a', 'a_secret=', 'hooks.slack.com/services/', '://:a@', '://a:b@'],
  ...[
    'aa:',
    'aa-',
    'aa:bb:cc:dd:ee:ff',
    'aaaa.',
    '//a',
    '//ab/',
    '//ab/c/',
    'file://///ab',
    'C:\\Benutzer\\',
    'C:/Usuários/a',
    'tel:1',
    '01 ',
    '0171 ',
  ],
  ...[
    '\u200b',
    'ａ',
    '＠',
    '１',
    '٤',
    'YW5u',
    'YW5uQGV4YW1wbGUub3Jn',
    'YW5uQGV4YW1wbGUub3Jn=',
    '0400 12',
    'de89 3704 ',
    'Basic a',
    'Bearer a1',
  ],
  ...['dapi', 'hvs.', 'hvs.a', 'ATATT3', 'whsec_', 'phx_', 'sbp_', 'NRAK-', 'AGE-SECRET-KEY-1', 'sq0atp-', '(?<a>'],
  ...['password: ', 'password: a', '--token ', '--token a1', '<token>', '<token>a', 'secret_key = a', 'jdbc:oracle:thin:a/', '\\"'],
  ...['Cookie: a=', 'Cookie: ', 'uthorization: Digest ', 'PuTTY-User-Key-File-', '12345678:AA', '1//0', 'abc8Q~', 'SK', 'a.atlasv1.'],
  ...['1.2.ip6.arpa', 'a.', 'a-', 'aa-.ipv6-literal.net', '4111_', '4111  ', 'AB 12 ', 'AB12_', 'a:aa:bb:cc:', 'api.telegram.org/bot'],
  ...['ж', 'ж@', 'ж@ж.', '用户@例子.', ' ', 'a', '\u0301'],
]

describe('the time that a text takes', () => {
  it.each(HOSTILE)('grows no faster than its length: %j', unit => {
    const seconds = (length: number) => {
      const hostile = unit.repeat(Math.ceil(length / unit.length))
      const rounds = Array.from({ length: 3 }, () => {
        const before = process.cpuUsage()
        findForbidden(hostile, false)
        scrubForbidden(hostile, false)
        const { user, system } = process.cpuUsage(before)
        return (user + system) / 1e6
      })
      return Math.min(...rounds)
    }
    const lengths = [32_768, 262_144]
    const times = lengths.map(seconds)
    const shown = times.map((time, i) => `${lengths[i]}: ${(time * 1_000).toFixed(1)} ms`).join(', ')
    // Eight times the length. A quadratic pattern takes sixty-four times as long, and seconds.
    expect(times[1], shown).toBeLessThan(Math.max(0.1, (times[0] ?? 0) * 24))
  })
})
