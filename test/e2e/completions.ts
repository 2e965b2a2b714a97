import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { BIN, type Env } from '../support/northstar.ts'

const run = promisify(execFile)

/**
 * How each shell is asked what it would complete `$1` to. zsh completes at a prompt alone, so its script is run as zsh runs it there: with the
 * words before the cursor in the variables of bash.
 */
const asks: Readonly<Record<string, string>> = {
  bash: `source <(northstar completion bash)
read -ra COMP_WORDS <<< "$1"; COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _northstar; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `source <(northstar completion zsh)
emulate -L ksh; setopt ksharrays; COMP_WORDS=(\${=1}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _northstar; print -l -- "\${COMPREPLY[@]}"`,
  fish: 'northstar completion fish | source; complete -C "$argv[2]" | cut -f1',
}

/** The words that a shell completes the last word of a line to, after its start file has sourced the completion script. */
export async function completions(shell: string, line: string, env: Env): Promise<string[]> {
  const name = shell.split('/').at(-1) ?? ''
  const northstar = `function northstar${name === 'fish' ? `; ${process.execPath} ${BIN} $argv; end` : ` { ${process.execPath} ${BIN} "$@"; }`}`
  const { stdout } = await run(shell, ['-c', `${northstar}\n${asks[name]}`, 'ask', line], { env: { ...process.env, ...env } })
  // At its prompt zsh keeps the words that begin with what stands before the cursor.
  const begun = line.split(' ').at(-1) ?? ''
  return stdout.split('\n').filter(word => word !== '' && word.startsWith(begun))
}
