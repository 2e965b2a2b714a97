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
Node.js v20.20.2, Chrome/120.0.0.0 Safari/537.36
Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left-pad' imported from /app/src/index.js
    at packageResolve (node:internal/modules/esm/resolve:844:9)
    at moduleResolve (node:internal/modules/esm/resolve:901:18)
    at defaultResolve (node:internal/modules/esm/resolve:1131:11)
    at nextResolve (node:internal/modules/esm/hooks:748:28)
    at ModuleLoader.resolve (node:internal/modules/esm/loader:474:25) {
  code: 'ERR_MODULE_NOT_FOUND'
}
RangeError: Maximum call stack size exceeded
    at JSON.parse (<anonymous>)
    at new Promise (<anonymous>)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at Array.map (<anonymous>)
    at eval (eval at compile (/app/node_modules/ejs/lib/ejs.js:662:12), <anonymous>:10:17)
    at webpack-internal:///(rsc)/./src/app/page.tsx:14:11
    at webpack:///./~/react-dom/lib/ReactMount.js?:310:1
    at https://cdn.example.com/npm/@sentry/browser@8.55.0/bundle.min.js:2:10240
    at async file:///app/dist/server.mjs:1:2048
    at TLSWrap.onConnectEnd (node:_tls_wrap:1732:19)
TimeoutError: Navigation timeout of 30000 ms exceeded at 2026-01-15T09:30:00.123Z (took 30001.4172 ms)
AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 1234567890123 !== 1234567890124
SyntaxError: Invalid regular expression: /^(?:\\d+\\.)\\w{2,}$/: Unterminated group
Error: Minified React error #185; visit https://react.dev/errors/185 for the full message
UnhandledPromiseRejectionWarning: Error: EMFILE: too many open files, watch '/app/src'
[webpack-cli] CompilationError: asset main.4f2a7d91c0.js 1.21 MiB [emitted] [minimized]`,
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
note: run with RUST_BACKTRACE=full, toolchain 1.75.0-x86_64-unknown-linux-gnu
thread 'tokio-runtime-worker' panicked at src/net/client.rs:88:14:
called \`Result::unwrap()\` on an \`Err\` value: Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }
   0: std::backtrace_rs::backtrace::libunwind::trace
             at /rustc/07dca489ac2d933c78d3c5158e3f43beefeb02ce/library/std/src/../../backtrace/src/backtrace/libunwind.rs:104:5
   1: <alloc::boxed::Box<F,A> as core::ops::function::FnOnce<Args>>::call_once
             at /rustc/07dca489ac2d933c78d3c5158e3f43beefeb02ce/library/alloc/src/boxed.rs:2029:9
   2: core::ops::function::FnOnce::call_once{{vtable.shim}}
   3: <F as axum::handler::Handler<(M,T1),S>>::call::{{closure}}
             at /usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/axum-0.7.5/src/handler/mod.rs:219:45
   4: hyper::proto::h1::dispatch::Dispatcher<D,Bs,I,T>::poll_catch
   5: <core::iter::adapters::map::Map<I,F> as core::iter::traits::iterator::Iterator>::next
   6: caro::cli::run::h1c2d3e4f5a6b7c8d
   7: __rust_begin_short_backtrace
   8: core::num::<impl u64>::add::cafe::f00d
   9: _ZN4core3ptr85drop_in_place$LT$std..rt..lang_start$LT$$LP$$RP$$GT$17h0a1b2c3d4e5f6071E
thread 'main' has overflowed its stack
fatal runtime error: stack overflow
assertion \`left == right\` failed: checksum mismatch
  left: [222, 173, 190, 239]
 right: 3735928559
Error: error sending request for url (https://api.example.com/v1/models?limit=20): error trying to connect: tcp connect error`,
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
fatal error: all goroutines are asleep - deadlock!
goroutine 18 [select, 5 minutes]:
runtime.gopark(0xc00011e000?, 0x2?, 0x60?, 0x0?, 0xc0000a7f44?)
	/usr/local/go/src/runtime/proc.go:398 +0xce
internal/poll.runtime_pollWait(0x7f3c2c1b1e18, 0x72)
	/usr/local/go/src/runtime/netpoll.go:343 +0x85
net/http.(*persistConn).readLoop(0xc0001b4000)
	/usr/local/go/src/net/http/transport.go:2238 +0xd1e
google.golang.org/grpc/internal/transport.(*http2Client).reader(0xc0002fc000, 0xc0002ba060)
	/go/pkg/mod/google.golang.org/grpc@v1.60.1/internal/transport/http2_client.go:1645 +0x1ad
main.process[...](0xc000012345, {0x1029e4ca0, 0xc000010018})
	/src/cmd/caro/main.go:101 +0x3f4 fp=0xc0000a7fd0 sp=0xc0000a7e88 pc=0x10293c1f4
panic: assignment to entry in nil map [recovered]
	panic: interface conversion: interface {} is nil, not string
rax    0x0
rip    0x46a1b1
rflags 0x286
runtime.goexit({})
	/usr/local/go/src/runtime/asm_amd64.s:1650 +0x1 fp=0xc0000a7fe8
created by main.main in goroutine 1
2026/01/15 09:30:00 http: panic serving [::1]:52044: runtime error: index out of range [5] with length 3
level=error ts=2026-01-15T09:30:00.123Z caller=main.go:1012 err="opening storage failed: lock DB directory"
exit status 2`,
  Python: `Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/runners.py", line 190, in run
    return runner.run(main)
  File "/app/.venv/lib/python3.11/site-packages/django/core/handlers/base.py", line 197, in _get_response
    response = wrapped_callback(request, *callback_args, **callback_kwargs)
  File "<frozen importlib._bootstrap>", line 1204, in _gcd_import
  File "C:\\Program Files\\Python311\\Lib\\json\\decoder.py", line 355, in raw_decode
    raise JSONDecodeError("Expecting value", s, err.value) from None
  File "/usr/local/lib/python3.12/site-packages/urllib3/connection.py", line 203, in _new_conn
    sock = connection.create_connection((self._dns_host, self.port), self.timeout)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/concurrent/futures/thread.py", line 58, in run
    result = self.fn(*self.args, **self.kwargs)
  File "<string>", line 1, in <module>
  File "<stdin>", line 3, in <lambda>
  File "/app/caro/__main__.py", line 12, in main
    sys.exit(cli(standalone_mode=False))
  File "/opt/conda/envs/py311/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1518, in _wrapped_call_impl
    return self._call_impl(*args, **kwargs)
During handling of the above exception, another exception occurred:
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /v1/items?page=2
RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 10.76 GiB total capacity; 9.71 GiB already allocated)
UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte
re.error: bad escape \\\\d at position 4 in '^\\\\d+\\\\.\\\\w$'
<caro.parser.Parser object at 0x7f8b1c2d3e40>, matmul a @ b.T, pip install numpy==1.26.4
@functools.wraps(fn) decorator @app.route("/v1/items/<int:item_id>")
ValueError: time data '2026-01-15 05:00:00+00:00' does not match format '%Y-%m-%dT%H:%M:%S.%fZ'
KeyError: 'sk-learn' in build 20260115.4111111111111112 after 1768900000000000123 ns`,
  Java: `Exception in thread "main" java.lang.IllegalStateException: state is 3fa85f64-5717-4562-b3fc-2c963f66afa6
	at com.example.app.Parser$Inner.parse(Parser.java:101)
	at java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)
	at app//org.junit.jupiter.engine.execution.InvocationInterceptorChain.proceed(InvocationInterceptorChain.java:106)
	at kotlinx.coroutines.scheduling.CoroutineScheduler$Worker.run(CoroutineScheduler.kt:684)
	at jdk.internal.misc.Unsafe.park(java.base@17.0.9/Native Method)
	at com.google.common.util.concurrent.AbstractFuture.getDoneValue(AbstractFuture.java:588) ~[guava-32.1.3-jre.jar:na]
	at org.springframework.web.servlet.FrameworkServlet.processRequest(FrameworkServlet.java:1014) [spring-webmvc-6.1.2.jar!/:6.1.2]
	at org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java:149) [tomcat-embed-core-10.1.17.jar!/:na]
	at com.example.Service$$EnhancerBySpringCGLIB$$1a2b3c4d.handle(<generated>)
	at com.example.Service.lambda$handle$0(Service.java:77)
	at java.base/java.util.stream.ReferencePipeline$3$1.accept(ReferencePipeline.java:197)
	at io.netty.util.internal.ThreadExecutorMap$2.run(ThreadExecutorMap.java:74)
	at scala.concurrent.impl.Promise$Transformation.run(Promise.scala:470)
	at java.base/java.lang.Thread.run(Thread.java:833)
	Suppressed: java.io.IOException: Stream closed
		at java.base/java.io.BufferedInputStream.getBufIfOpen(BufferedInputStream.java:168)
"http-nio-8080-exec-3" #45 daemon prio=5 os_prio=0 cpu=12.34ms elapsed=567.89s tid=0x00007f1a2c0d4800 nid=0x1f43 waiting on condition [0x00007f19f8ffd000]
   java.lang.Thread.State: TIMED_WAITING (parking)
	- parking to wait for  <0x000000071a2b3c4d> (a java.util.concurrent.SynchronousQueue$TransferStack)
2026-01-15 09:30:00,123 ERROR [main] c.e.a.Main : java.util.concurrent.TimeoutException after 30000 ms
Caused by: java.lang.ClassNotFoundException: com.example.Missing, com.example.Object@6d06d69c
java.time.format.DateTimeParseException: Text '2026-13-01T00:00:00+01:00' could not be parsed at index 5
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
