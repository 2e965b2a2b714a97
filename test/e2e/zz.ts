import { completions } from '/work/wt/cli/test/e2e/completions.ts'
const env = { NORTHSTAR_DATA_DIR: '/tmp/cli-walk/bdata', NORTHSTAR_URL: 'http://127.0.0.1:18311' }
for (const shell of ['/usr/bin/bash', '/usr/bin/zsh', '/usr/bin/fish'])
  for (const line of ['northstar que', 'northstar query downl', 'northstar query downloads --comp', 'northstar alerts silence --comm', 'northstar sql --format p'])
    console.log(shell, line, await completions(shell, line, env).catch(e => e.message.slice(0, 400)))
