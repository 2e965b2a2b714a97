import { Argument, Command } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** The words that may follow a command. */
interface Words {
  /** The path of the command, such as `alerts silence`; empty for the program. */
  readonly path: string
  readonly subcommands: readonly string[]
  /** Values of its arguments; `metrics` stands for the names of the metrics, which the script asks for. */
  readonly values: readonly string[] | 'metrics'
  /** With the values of an option, if it has a closed list. */
  readonly options: readonly { readonly name: string; readonly takesValue: boolean; readonly values: readonly string[] }[]
}

const EXAMPLES = `
Examples, for the shell's start file (~/.bashrc, ~/.zshrc, ~/.config/fish/config.fish):
  source <(northstar completion bash)
  source <(northstar completion zsh)
  northstar completion fish | source`

/** The names of the metrics, in any of the shells. */
const METRICS = "northstar query --format csv 2>/dev/null | sed -n '2,$s/,.*//p'"

export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .description('Prints a completion script for a shell: commands, options and the names of metrics.')
    .addArgument(new Argument('<shell>', 'shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell) => {
      const words = wordsOf(program(), '')
      process.stdout.write(shell === 'fish' ? fish(words) : bash(words, shell))
    })
}

function wordsOf(command: Command, path: string, inherited: Words['options'] = []): readonly Words[] {
  const own = command.options.flatMap(({ long, required, argChoices = [] }) =>
    long ? [{ name: long, takesValue: required, values: argChoices }] : [],
  )
  const global = path === '' ? own.filter(({ name }) => name !== '--version') : inherited
  const words: Words = {
    path,
    subcommands: command.commands.map(child => child.name()),
    values: path === 'query' ? 'metrics' : command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    options: [...own, ...(path === '' ? [] : inherited), { name: '--help', takesValue: false, values: [] }],
  }
  return [words, ...command.commands.flatMap(child => wordsOf(child, `${path} ${child.name()}`.trim(), global))]
}

/** A function that matches the words before the cursor, longest command first. zsh runs it through bashcompinit. */
function bash(all: readonly Words[], shell: Shell): string {
  const longestFirst = all.toSorted((a, b) => b.path.length - a.path.length)
  const ofOptions = longestFirst.flatMap(({ path, options }) =>
    options.filter(({ values }) => values.length > 0).map(({ name, values }) => `    "${path} "*"${name}") words="${values.join(' ')}" ;;`),
  )
  const ofCommands = longestFirst.map(({ path, subcommands, values, options }) => {
    const words = [...subcommands, ...(values === 'metrics' ? [`$(${METRICS})`] : values), ...options.map(({ name }) => name)]
    return `    "${path}"${path === '' ? '*' : '|"'.concat(path, ' "*')}) words="${words.join(' ')}" ;;`
  })
  return [
    ...(shell === 'zsh'
      ? ['(( $+functions[compdef] )) || { autoload -U compinit && compinit }', 'autoload -U +X bashcompinit && bashcompinit']
      : []),
    '_northstar() {',
    // zsh would read a length that begins with a letter as a modifier.
    '  local line="${COMP_WORDS[*]:1:$((COMP_CWORD - 1))}" words=""',
    '  case "$line" in',
    ...ofOptions,
    ...ofCommands,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _northstar northstar',
    '',
  ].join('\n')
}

function fish(all: readonly Words[]): string {
  const lines = all.flatMap(({ path, subcommands, values, options }) => {
    const seen =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map(name => `__fish_seen_subcommand_from ${name}`)
            .join('; and ')
    const first = path === '' || subcommands.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${subcommands.join(' ')}`
    const complete = (condition: string, rest: string) => `complete -c northstar -n '${condition}' ${rest}`
    const named = values === 'metrics' ? `(${METRICS})` : values.join(' ')
    return [
      ...subcommands.map(name => complete(first, `-f -a ${name}`)),
      ...(named === '' ? [] : [complete(seen, `-f -a "${named.replaceAll('$', '\\$')}"`)]),
      ...options.map(({ name, takesValue, values: choices }) =>
        complete(seen, `-l ${name.slice(2)}${choices.length > 0 ? ` -x -a "${choices.join(' ')}"` : takesValue ? ' -r' : ''}`),
      ),
    ]
  })
  return `${lines.join('\n')}\n`
}
