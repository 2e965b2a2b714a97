import type { ForbiddenKind } from './forbidden-patterns.ts'
import { SECRETS, TOKENS } from './secret-strings.test-data.ts'

/** A text with something personal in it. */
export interface PersonalString {
  readonly kind: ForbiddenKind
  /** The part that must not be stored. */
  readonly part: string
  /** The text around it. */
  readonly before: string
  readonly after: string
}

const words = (list: string): string[] => list.trim().split(/\s+/)
const lines = (list: string): string[] => list.trim().split('\n')

const MAILS = lines(`
ann.novak17@example.org
ann+tag17@mail.example.co.uk
ANN.NOVAK18@EXAMPLE.ORG
a17@b17.de
ann_novak-19@sub.sub.example.museum
o'brien17@example.ie
ann%novak17@example.org
1234567@example.com
"ann novak17"@example.org
ann17@[192.168.17.4]
root17@10.17.0.4
ann17@example.technology
ann.17.b.c.d@example.travel
x17@xn--mller-kva.de
x18@xn--80akhbyknj4f.xn--p1ai
jürgen17@müller.de
用户17@例子.公司
用户18@例子。公司
пользователь17@пример.рф
χρήστης17@παράδειγμα.ελ
משתמש17@דוגמה.ישראל
उपयोगकर्ता17@उदाहरण.भारत
josé17@ejemplo.es
søren17@blåbær.dk
łukasz17@żółw.pl
ťuknutí17@příklad.cz
ann17＠example.org
müller.17@bücher.example.at
ann17@example.accountants
ann-novak17@example-mail.io`)

const PHONES = lines(`
+1 415 555 2671
+1 (415) 555-2672
+1-415-555-2673
+1.415.555.2674
+14155552675
415-555-2676
(415) 555-2677
415.555.2678
1-415-555-2679
+44 20 7946 0958
+442079460959
+44 (0)20 7946 0960
+49 171 1234567
+49 (0)171 1234568
+4917112345690
+33 6 12 34 56 78
+33612345679
+39 312 345 6789
+34 612 34 56 78
+351 912 345 678
+420 601 123 456
+420601123457
+421 905 123 456
+48 512 345 678
+36 20 123 4567
+43 660 1234567
+41 79 123 45 67
+31 6 12345678
+32 470 12 34 56
+45 20 12 34 56
+46 70 123 45 67
+47 412 34 567
+358 40 1234567
+353 85 123 4567
+30 691 234 5678
+90 532 123 45 67
+7 912 345-67-89
+380 50 123 4567
+86 138 0013 8000
+81 90-1234-5678
+82 10-1234-5678
+91 98765 43210
+62 812-3456-7890
+61 412 345 678
+64 21 123 4567
+55 11 91234-5678
+52 1 55 1234 5678
+54 9 11 2345-6789
+27 82 123 4567
+234 803 123 4567
+20 100 123 4567
+972 50-123-4567
+971 50 123 4567
0049 171 1234567
00420 601 123 456
0033 6 12 34 56 79
0171 1234569
030/1234570
020 7946 0961
07700 900123
06 12 34 56 71
06.12.34.56.72
8 (912) 345-67-89`)

const CARDS = lines(`
4111111111111111
4111 1111 1111 1111
4111-1111-1111-1111
4012888888881881
4222222222222
4000056655665556
5555555555554444
5555 5555 5555 4444
5105105105105100
2223003122003222
5200-8282-8282-8210
378282246310005
3782 822463 10005
3714-496353-98431
371449635398431
6011111111111117
6011 0009 9013 9424
3056930009020004
30569309025904
3056 930902 5904
38520000023237
3530111333300000
3566 0020 2036 0505
6200000000000005
6205500000000000004
6759649826438453
4242/4242/4242/4242
4242_4242_4242_4242
4000  0027  6000  3184`)

const IBANS = lines(`
AD1200012030200359100100
AE070331234567890123456
AL47212110090000000235698741
AT611904300234573201
AZ21NABZ00000000137010001944
BA391290079401028494
BE68539007547034
BG80BNBG96611020345678
BH67BMAG00001299123456
CH9300762011623852957
CR05015202001026284066
CY17002001280000001200527600
CZ6508000000192000145399
DE89370400440532013000
DE89 3704 0044 0532 0130 00
de89370400440532013000
DK5000400440116243
EE382200221020145685
ES9121000418450200051332
FI2112345600000785
FR1420041010050500013M02606
FR14 2004 1010 0505 0001 3M02 606
GB29NWBK60161331926819
GB29 NWBK 6016 1331 9268 19
GB29-NWBK-6016-1331-9268-19
GE29NB0000000101904917
GR1601101250000000012300695
HR1210010051863000160
HU42117730161111101800000000
IE29AIBK93115212345678
IL620108000000099999999
IS140159260076545510730339
IT60X0542811101000000123456
LT121000011101001000
LU280019400644750000
LV80BANK0000435195001
NL91ABNA0417164300
NO9386011117947
PL61109010140000071219812874
PT50000201231234567890154
RO49AAAA1B31007593840000
SE4550000000058398257466
SI56263300012039086
SK3112000000198742637541
TR330006100519786457841326
UA213223130000026007233566001
DE91 1000 0000 0123 4567 89
DE91\t1000\t0000\t0123\t4567\t89
DE91_1000_0000_0123_4567_89
PL 61 1090 1014 0000 0712 1981 2874`)

const IPV4S = words(
  '192.168.17.4 10.17.0.4 172.16.17.4 8.8.4.17 203.0.113.17 198.51.100.17 255.17.0.4 100.64.17.4 169.254.17.4 192.168.017.004',
)
const IPV6S = words(`
2001:0db8:85a3:0000:0000:8a2e:0370:7317 2001:db8:85a3:0:0:8a2e:370:7318 2001:db8:85a3::8a2e:370:7319 2001:db8::17 2001:DB8::17A 2001:db8:17:: fe80::1ff:fe23:4567:8917
fe80::17 fd12:3456:789a:1::17 fc00::17 2a02:8109:17::2 2606:4700:4700::1117 64:ff9b::192.0.2.17 ::ffff:192.0.2.18 ::ffff:c0a8:1107 2002:c000:217::1
2001:0:4136:e378:8000:63bf:3fff:fd17 ff02::1:ff00:17 3fff:17::1 2001:db8:0:0:1:0:0:17`)

const HOMES: readonly (readonly [before: string, name: string, after: string])[] = [
  ['/home/', 'annovak17', '/notes.txt'],
  ['/home/', 'annovak18', ''],
  ['/home/', 'ann.novak17', '/x'],
  ['/home/', 'ann novak17', '/x y/z'],
  ['/home/', "o'novak17", '/x'],
  ['/home/', 'ännovák17', '/x'],
  ['/export/home/', 'annovak19', '/x'],
  ['/usr/home/', 'annovak20', '/x'],
  ['/var/home/', 'annovak21', '/x'],
  ['/run/media/', 'annovak22', '/stick'],
  ['file:///home/', 'annovak23', '/a.js:10:5'],
  ['~', 'annovak24', '/projects'],
  ['/Users/', 'annovak25', '/Library/Caches'],
  ['/Users/', 'Ann Novak26', '/Documents/a.txt'],
  ['/Users/', '安娜27', '/x'],
  ['file:///Users/', 'annovak28', '/x'],
  ['/private/var/Users/', 'annovak29', '/x'],
  ['/Volumes/disk/Users/', 'annovak30', '/x'],
  ['C:\\Users\\', 'annovak31', '\\AppData\\Local'],
  ['C:\\Users\\', 'Ann Novak32', '\\x'],
  ['C:\\\\Users\\\\', 'annovak33', '\\\\x'],
  ['c:\\users\\', 'annovak34', '\\x'],
  ['D:/Users/', 'annovak35', '/x'],
  ['/c/Users/', 'annovak36', '/x'],
  ['/mnt/c/Users/', 'annovak37', '/x'],
  ['\\\\?\\C:\\Users\\', 'annovak38', '\\x'],
  ['C:\\Documents and Settings\\', 'annovak39', '\\x'],
  ['C:\\Users\\', 'ANNOVA~1', '\\x'],
  ['\\Users\\', 'annovak41', '\\x'],
  ['file:///C:/Users/', 'annovak42', '/x.js'],
  ['C:\\USERS\\', 'ANNOVAK43', '\\x'],
  ['C:\\Benutzer\\', 'annovak44', '\\x'],
  ['C:\\Utilisateurs\\', 'annovak45', '\\x'],
  ['D:/Usuários/', 'annovak46', '/x'],
  ['C:\\Пользователи\\', 'annovak47', '\\x'],
  ['C:\\用户\\', 'annovak48', '\\x'],
  ['C:\\Dokumente und Einstellungen\\', 'annovak49', '\\x'],
  ['~', 'Annovak50', '\\x'],
]

const MACS = words('aa:bb:cc:dd:17:ff 00:1A:2B:3C:17:5E 00-1a-2b-3c-17-5f 001a.2b3c.1760')

const NETWORK = lines(`
\\\\fileserver17\\annovak\\notes.txt
\\\\fileserver17\\share\\annovak51\\my notes\\x.txt
\\\\fileserver17.corp.example\\annovak$\\x
\\\\192.168.17.5\\annovak52
\\\\?\\UNC\\fileserver17\\annovak53\\x
\\\\\\\\fileserver17\\\\annovak54\\\\x
\\\\dateiserver-münchen17\\annovak55
smb://fileserver17/annovak56/x
smb://annovak57@fileserver17/x
cifs://fileserver17/annovak58
afp://fileserver17/annovak59
nfs://fileserver17/export/annovak60
file://fileserver17/annovak61/x
file://///fileserver17/annovak62/x
//fileserver17/share/annovak63/x`)

const SURROUNDINGS: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['failed for ', ' at once'],
  ['(', ')'],
  ['user="', '"'],
  ['\t', '\n'],
  ['value: ', ', next'],
]

const surrounded = (kind: ForbiddenKind, parts: readonly string[]): PersonalString[] =>
  parts.map((part, i) => {
    const [before, after] = SURROUNDINGS[i % SURROUNDINGS.length] as (typeof SURROUNDINGS)[number]
    return { kind, part, before, after }
  })

/** At least 300 texts with personal data or a secret. */
export const PERSONAL_STRINGS: readonly PersonalString[] = [
  ...surrounded('e-mail address', MAILS),
  ...surrounded('phone number', PHONES),
  ...surrounded('card number', CARDS),
  ...surrounded('bank account number', IBANS),
  ...surrounded('IP address', [...IPV4S, ...IPV6S]),
  ...IPV4S.slice(0, 4).map((part): PersonalString => ({ kind: 'IP address', part, before: 'connect ', after: ':8080 failed' })),
  ...IPV6S.slice(0, 4).map((part): PersonalString => ({ kind: 'IP address', part, before: 'http://[', after: ']:443/x' })),
  ...IPV6S.slice(3, 8).map((part): PersonalString => ({ kind: 'IP address', part, before: 'peer:', after: ' down' })),
  { kind: 'IP address', part: 'ip-10-17-0-5', before: '', after: '.ec2.internal' },
  { kind: 'IP address', part: '4.17.168.192', before: '', after: '.in-addr.arpa' },
  ...HOMES.map(([before, part, after]): PersonalString => ({ kind: 'path with a user name', part, before, after })),
  ...surrounded('network path', NETWORK),
  ...surrounded('MAC address', MACS),
  { kind: 'IP address', part: 'fe80::1ff:fe23:4567:8918%eth0', before: 'peer ', after: ' down' },
  { kind: 'IP address', part: 'fe80::1ff:fe23:4567:8919%12', before: '[', after: ']' },
  { kind: 'IP address', part: 'fe80::1ff:fe23:4567:8920%br-1a2b3c4d5e6f', before: 'peer ', after: ' down' },
  { kind: 'IP address', part: '2001:db8:17::21', before: 'dial ', after: ': refused' },
  { kind: 'IP address', part: '2001-db8-17--22', before: '\\\\', after: '.ipv6-literal.net\\share\\x' },
  { kind: 'IP address', part: '7.1.0.0.0.0.0.0.8.b.d.0.1.0.0.2', before: '', after: '.ip6.arpa' },
  { kind: 'MAC address', part: 'aa:bb:cc:dd:17:fe', before: 'mac:', after: ' link' },
  ...surrounded('secret key', TOKENS),
  ...SECRETS.map(([before, part, after]): PersonalString => ({ kind: 'secret key', part, before, after })),
]

const hexOf = (code: number, digits: number) => code.toString(16).padStart(digits, '0')
const each = (encode: (code: number) => string) => (text: string) =>
  Array.from(text, character => encode(character.codePointAt(0) as number)).join('')
const units = (encode: (unit: number) => string) => (text: string) =>
  Array.from({ length: text.length }, (_, i) => encode(text.charCodeAt(i))).join('')
/** Encodes all but ASCII letters and digits, as encoders do. */
const special = (encode: (text: string) => string) => (text: string) => text.replace(/[^A-Za-z0-9]/gu, encode)
const percent = (text: string) => Array.from(Buffer.from(text), byte => `%${hexOf(byte, 2).toUpperCase()}`).join('')

/** Forms in which a text may arrive, by name. */
export const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  plain: text => text,
  percent: encodeURIComponent,
  'percent, all': percent,
  'percent, twice': text => encodeURIComponent(encodeURIComponent(text)),
  'percent, punctuation twice': text => encodeURIComponent(special(percent)(text)),
  'percent, of UTF-16': special(units(unit => `%u${hexOf(unit, 4)}`)),
  'HTML, decimal': special(each(code => `&#${code};`)),
  'HTML, hexadecimal': special(each(code => `&#x${hexOf(code, 2)};`)),
  'JSON, escaped': text => special(units(unit => `\\u${hexOf(unit, 4)}`))(text),
  'JSON, all escaped': units(unit => `\\u${hexOf(unit, 4)}`),
  'JSON, twice': special(units(unit => `\\\\u${hexOf(unit, 4)}`)),
  'JavaScript, braces': special(each(code => `\\u{${hexOf(code, 1)}}`)),
  'full width': each(code => (code > 0x20 && code < 0x7f ? String.fromCharCode(code + 0xfee0) : String.fromCodePoint(code))),
  'zero-width characters within': text => Array.from(text).join('\u200b'),
  'soft hyphens within': text => Array.from(text).join('\u00ad'),
}
