/** Stack traces without personal data, as their languages print them. */
export const STACK_TRACES: Readonly<Record<string, string>> = {
  JavaScript: `TypeError: Cannot read properties of undefined (reading 'length')
    at Object.<anonymous> (/app/node_modules/@babel/core/lib/transform.js:45:13)
    at Module._compile (node:internal/modules/cjs/loader:1105:14)
    at async Promise.all (index 0)
    at file:///srv/app/dist/chunk-4F7A2B1C.mjs:120:88
    at /app/node_modules/.pnpm/lodash@4.17.21/node_modules/lodash/lodash.js:2:1
    at node_modules/.pnpm/react-dom@18.2.0_react@18.2.0/node_modules/react-dom/cjs/react-dom.development.js:27037:16
render@https://cdn.example.com/assets/index-8d5ff0c1.js:1:20480
global code@bundle.js:10:5
@http://localhost:3000/static/js/main.chunk.js:77:3
Error: connect ECONNREFUSED 127.0.0.1:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1278:16) { errno: -111, code: 'ECONNREFUSED', syscall: 'connect' }
Node.js v20.20.2, Chrome/120.0.0.0 Safari/537.36`,
  Rust: `thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 99', src/main.rs:4:5
stack backtrace:
   0: rust_begin_unwind
             at /rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/std/src/panicking.rs:579:5
   1: core::panicking::panic_fmt
   2: <usize as core::slice::index::SliceIndex<[T]>>::index
   3: caro::parse::add::f32 at ./src/parse.rs:12:9
   4: tokio::runtime::task::core::CachedParkThread::block_on::{{closure}}::h3f1ad2c45b6e7890
   5: std::rt::lang_start::{{closure}}::h0123456789abcdef
   6: __libc_start_main_impl at ./csu/../csu/libc-start.c:392:3
   7: 0x55d0c2f0b2a4 - <unknown> + 12345678
note: run with RUST_BACKTRACE=full, toolchain 1.75.0-x86_64-unknown-linux-gnu`,
  Go: `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1b2c]
goroutine 1 [running]:
main.(*Parser).Parse(0xc0000b4000, {0x0, 0x0})
	/go/src/github.com/caro-sh/caro/parse.go:42 +0x1d
github.com/spf13/cobra.(*Command).execute(0xc0001a2300, {0xc000020050, 0x1, 0x1})
	/go/pkg/mod/github.com/spf13/cobra@v1.8.0/command.go:983 +0xaca
golang.org/x/sync/errgroup.(*Group).Go.func1()
	/go/pkg/mod/golang.org/x/sync@v0.0.0-20231101234567-abcdef123456/errgroup/errgroup.go:78 +0x56
created by net/http.(*Server).Serve in goroutine 18446744073709551615
exit status 2`,
  Python: `Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/runners.py", line 190, in run
    return runner.run(main)
  File "/app/.venv/lib/python3.11/site-packages/django/core/handlers/base.py", line 197, in _get_response
    response = wrapped_callback(request, *callback_args, **callback_kwargs)
  File "<frozen importlib._bootstrap>", line 1204, in _gcd_import
  File "C:\\Program Files\\Python311\\Lib\\json\\decoder.py", line 355, in raw_decode
    raise JSONDecodeError("Expecting value", s, err.value) from None
@functools.wraps(fn) decorator @app.route("/v1/items/<int:item_id>")
ValueError: time data '2026-01-15 05:00:00+00:00' does not match format '%Y-%m-%dT%H:%M:%S.%fZ'
KeyError: 'sk-learn' in build 20260115.4111111111111112 after 1768900000000000123 ns`,
  Java: `Exception in thread "main" java.lang.IllegalStateException: state is 3fa85f64-5717-4562-b3fc-2c963f66afa6
	at com.example.app.Parser$Inner.parse(Parser.java:101)
	at java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)
	at app//org.junit.jupiter.engine.execution.InvocationInterceptorChain.proceed(InvocationInterceptorChain.java:106)
	at kotlinx.coroutines.scheduling.CoroutineScheduler$Worker.run(CoroutineScheduler.kt:684)
	at jdk.internal.misc.Unsafe.park(java.base@17.0.9/Native Method)
	- locked <0x00000000f0a1b2c3> (a java.util.LinkedHashMap)
Caused by: org.postgresql.util.PSQLException: ERROR: relation "users" does not exist Position: 15
	... 42 more
	at sun.nio.ch.Net.bind0 with /0:0:0:0:0:0:0:0:8080 in lib 1.2.3.4.Final`,
  'C#': `Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.
   at Caro.Cli.Program.<Main>$(String[] args) in /src/Caro.Cli/Program.cs:line 12
   at Caro.Core.Parser.<>c__DisplayClass5_0.<<ParseAsync>b__1>d.MoveNext() in D:\\a\\caro\\src\\Parser.cs:line 88
   at System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(Task task)
   at System.Text.RegularExpressions.Regex..ctor(String pattern "\\\\d+\\\\w{2}")
   at Microsoft.Extensions.DependencyInjection.ServiceProvider, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60
   at 0x00007FFB1A2C3D4E in kernel32.dll!BaseThreadInitThunk+0x1d`,
}
