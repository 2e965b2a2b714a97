/** Texts of programs without personal data: frames of stack traces, versions, hashes, ids, times, numbers, and words that secrets begin with. */
export const CLEAN_STRINGS: readonly string[] = String.raw`
at processTicksAndRejections (node:internal/process/task_queues:95:5)
at Object.<anonymous> (C:\app\dist\main.js:1:2)
at async run (/opt/caro/lib/node_modules/@scope/pkg@1.2.3/dist/index.mjs:10:20)
handler@webpack-internal:///./src/index.ts:12:5
at new Foo (webpack://my-app/./src/foo.ts?1a2b:12:34)
at https://unpkg.com/react@18.2.0/umd/react.production.min.js:10:20
PWD=/app/build12
password: must be at least 8 characters
Enter password: 
Unexpected token: name2foo
SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON
thread 'main' panicked at src/main.rs:10:5:
  12: core::ops::function::impls::<impl core::ops::function::FnOnce<A> for &F>::call_once
             at ./.cargo/registry/src/github.com-1ecc6299db9ec823/tokio-1.28.0/src/park.rs:283:35
   4:     0x7f1c2a3b4c5d - std::panicking::begin_panic_handler::{{closure}}::h8d2f1a9c3b4e5f60
goroutine 34 [chan receive, 12 minutes]:
github.com/foo/bar/v2.(*Server).Serve(0xc000123456, {0x7f1234567890, 0xc0000a8000})
/go/pkg/mod/k8s.io/client-go@v0.28.4/tools/cache/reflector.go:289 +0x1c5
File "/usr/lib/python3.11/site-packages/numpy/core/_methods.py", line 49, in _sum
File "/opt/venv/lib/python3.12/site-packages/httpx/_client.py", line 1015, in _send_single_request
token = lexer2.next_token()
secret = derive_secret_v2_from_hash(x)
    key = hashlib.sha256(b"0123456789").hexdigest()
at org.example.Foo.bar(Foo.java:123) ~[foo-1.2.3.jar:1.2.3]
at com.sun.proxy.$Proxy123.invoke(Unknown Source)
at System.Threading.Tasks.Task.Execute() in /_/src/libraries/System.Private.CoreLib/src/System/Threading/Tasks/Task.cs:line 2378
PublicKeyToken=b77a5c561934e089
Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089
#0 0x00007ffff7a42428 in raise () from /lib64/libc.so.6
#3  0x000055555555513d in main (argc=1, argv=0x7fffffffe0a8) at main.c:10
0   libsystem_kernel.dylib  0x00007fff2052c92e __pthread_kill + 10
1   CoreFoundation  0x7fff203d4f68 -[NSException raise] + 0
lib/app.rb:12:in 'Array#each'
from /usr/local/bundle/gems/rack-3.0.8/lib/rack/builder.rb:12:in 'call'
PHP Fatal error:  Uncaught Error: Call to a member function foo() on null in /var/www/html/index.php:12
#1 /var/www/html/vendor/symfony/http-kernel/Kernel.php(197): handle()
** (FunctionClauseError) no function clause matching in Foo.bar/1 (app 0.1.0) lib/foo.ex:12
1.2.3
v1.2.3-rc.1+build.20260115
20.11.1
1.75.0-nightly (9fc6b4312 2023-12-28)
2026.11.30-1
Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
Darwin Kernel Version 23.1.0: Mon Oct  9 21:27:24 PDT 2023; root:xnu-10002.41.9~6/RELEASE_ARM64_T6000
Linux 5.15.0-91-generic #101-Ubuntu SMP
9fc6b43126469e3858e2fe86cafb4f0fd5068869
07dca489ac2d
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==
3fa85f64-5717-4562-b3fc-2c963f66afa6
018c1f3e-7a2b-7c3d-8e4f-5a6b7c8d9e0f
01HV8Z3Q2K9M4N5P6R7S8T9V0W
2026-11-30T15:36:29.123Z
2026-11-30 15:36:29.123456789 +0100 CET m=+0.000123
1764516989123
1764516989123456789
Mon, 30 Nov 2026 15:36:29 GMT
30/Nov/2026:15:36:29 +0000
12:30:45.123456
PT1H30M15.5S
00:01:02:03
0 0 1 15 3 1-5
0.000123456789
1,234,567.89
123456789012
3.14159265358979
1e-10
0xdeadbeefcafebabe
0b1010_1010_1010_1010
1000_0000_0000_0000
4,294,967,295
(0, 1, 2, 3)
[1, 2, 3, 4]
10.5 MB of 20.25 MB
192 x 168
1920x1080@2x
std::vec::Vec<u8>::push
a::b::c::d
add::f32
Foo::Bar::Baz
GET /v1/items/123/456/789 HTTP/1.1
https://example.com/path/to/file.tar.gz?v=1.2.3#L10-L20
s3://bucket/key/part-00000-of-00010.parquet
postgres://localhost:5432/db
http://localhost:3000/static/js/main.4f2a7d91.js
ENOENT: no such file or directory, open '/etc/caro/config.toml'
EACCES: permission denied, mkdir '/var/lib/caro'
exit status 137 (SIGKILL)
error code: 0x80070005
HRESULT E_FAIL 80004005
ORA-00942: table or view does not exist
SQLSTATE[23505]: Unique violation: 7 ERROR
errno=111, connect to 127.0.0.1:5432 failed
listening on [::]:8080 and 0.0.0.0:80
container id 4f2a7d91c0ab, image node:24.21.0-slim
docker.io/library/node@sha256:9f3a17bc9f3a17bc9f3a17bc9f3a17bc9f3a17bc9f3a17bc9f3a17bc9f3a17bc
npm ERR! code ERESOLVE
@types/node@20.19.0, @babel/core@7.23.0
pkg:npm/%40scope/name@1.0.0
C:\Program Files (x86)\Caro\caro.exe
C:\Windows\System32\kernel32.dll
\d+\.\d+\.\d+
^[A-Za-z0-9_]+$
regex \\d\\w{2,}
tokens=4096, maxTokens=8192
max_tokens=4096 temperature=0.7
cookie: expected a value
session=expired
key=value
sort_key=created_at_2026
cache_key=user_list_v2_page_10
sig=11
nextPageToken=none
access denied for key: default
Authorization: missing
Bearer token required
basic authentication required
task-1234-abcd-5678
sk-learn 1.4.2 requires
risk-assessment-module-v2-final-build
disk-usage-report-2026-01-15-final
pul-request-123
keys: 0, 1, 2
key-value-store
gsk_version
SKIPPED
SKU1234567890
PO4500123456
AT90S1200 microcontroller
invoice DE 2026 0001 0002
ES 2015 module
BE 16 bit
r8_register_allocation
fo1_module
npm_config_user_agent
npm_lifecycle_event
hf_hub_download
phone: none
(555) timeouts
tel: 0
step 0/12 done
0 1 2 3 4 5 6 7 8 9
01/15/2026
15.01.2026 05:00
2026/01/15
line 12, col 34-56
lines 100-200-300
ref 020-030
id 00123456
range 0x1000-0x2000
chunk-4F7A2B1C.mjs
index-BdT7xQkz.js
en_US.UTF-8
x86_64-unknown-linux-gnu
aarch64-apple-darwin
dead:beef
ab:cd:ef
12:34:56:78:90:12
--token-limit 4096
--password-file /etc/secret1
--secret-name app-secret-1
secret: none
secret: required
pass: 120, fail: 3
passed: 120
passwords=3
"key": "value1"
"token": null
"secret": true
<token>
<password/>
"type":"token","value":"abc123"
token_type=bearer
1//0 division
a // b // c
100%
50%25
%d items of %s
%20
\u001b[31mred\u001b[0m
\n\t\r
&lt;div&gt;
AppDelegate.swift:12
-[AppDelegate application:didFinishLaunchingWithOptions:]
kotlin.Unit
lambda$main$0
<init>
__cxa_throw
_ZN3foo3barEv
?A0x1234@@YAXXZ
??0exception@std@@QEAA@AEBV01@@Z
void __cdecl foo(int) [foo@8]
_foo@12
@fastcall@8
user@host
a@b
@deprecated
foo@^1.0.0
pwd=~/work2
tls secret: v1beta1
Box<Token>::new, Vec<Secret>>, <Token>abc123
aws_secret_access_key = var.secret_key_v2_of_account
secret_key = os.environ2["SECRET_KEY_OF_APP"]
api_key = load_api_key_version2(path)
--token sanitize
cookie: name=value is expected in RFC 6265
SKIP0123456789abcdef
r8_asm_x86_64_register
xai-explainer-1.2.3
pul-2026
1//0
12345678:AA
DE 91 1000
BE 68 5390 0754
4242/4242
10/10/2026/12/30
1234_5678_9012_3456
a.b.c.d.ip6
`
  .trim()
  .split('\n')
