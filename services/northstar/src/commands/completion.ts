import { Argument, Command } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** The words that may follow a command: its subcommands and options. */
interface Words {
  /** The path of the command, such as `alerts silence`; empty for the program. */
  readonly path: string
  readonly words: readonly string[]
}

export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .description('Prints a completion script for a shell.')
    .addArgument(new Argument('<shell>', 'shell').choices(SHELLS))
    .action((shell: Shell) => {
      const words = wordsOf(program(), '')
      process.stdout.write(shell === 'fish' ? fish(words) : bash(words, shell))
    })
}

function wordsOf(command: Command, path: string): readonly Words[] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []))
  const words = [...command.commands.map(child => child.name()), ...options, '--help']
  return [{ path, words }, ...command.commands.flatMap(child => wordsOf(child, `${path} ${child.name()}`.trim()))]
}

/** A function that matches the words before the cursor, longest command first. zsh runs it through bashcompinit. */
function bash(all: readonly Words[], shell: Shell): string {
  const cases = all
    .toSorted((a, b) => b.path.length - a.path.length)
    .map(({ path, words }) => `    "${path}"${path === '' ? '*' : '|"'.concat(path, ' "*')}) words="${words.join(' ')}" ;;`)
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_northstar() {',
    '  local line="${COMP_WORDS[*]:1:COMP_CWORD-1}" words=""',
    '  case "$line" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _northstar northstar',
    '',
  ].join('\n')
}

function fish(all: readonly Words[]): string {
  const lines = all.flatMap(({ path, words }) => {
    const condition = path === '' ? '__fish_use_subcommand' : `string match -q -- "northstar ${path}*" (commandline -cp)`
    return words.map(word => `complete -c northstar -n '${condition}' ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`}`)
  })
  return `${lines.join('\n')}\n`
}
