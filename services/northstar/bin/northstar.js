#!/usr/bin/env node
// Statements of the engine in process take threads of libuv's pool, on which the log is written too: four are not enough for both. The
// size counts only before the pool is first used, which loading an ES module does.
// biome-ignore lint/style/noProcessEnv: libuv reads it from there
process.env.UV_THREADPOOL_SIZE ??= '8'
void import('../dist/main.js')
