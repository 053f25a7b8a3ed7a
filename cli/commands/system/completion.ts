/**
 * `trader completion SHELL`: a script that completes commands and options, generated from the list
 * of commands.
 */
import type { Command } from 'commander';
import { Failure } from '#shared/kernel/failure.ts';

interface Known {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
}

const shells: Readonly<Record<string, (all: readonly Known[]) => string>> = { bash, zsh, fish };

export function completion(trader: Command): void {
  trader
    .command('completion')
    .description('prints a completion script for bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) => {
      const script = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
      if (!script)
        throw new Failure('INVALID_REQUEST', `shell: "${shell}" is none of bash, zsh, fish`);
      process.stdout.write(script(knownTo(trader)));
    });
}

function knownTo(trader: Command): Known[] {
  return trader.commands.map((command) => ({
    name: command.name(),
    description: command.description().replaceAll("'", '’'),
    options: wordsOf(command),
  }));
}

/** Its subcommands, and the options of all of them. */
function wordsOf(command: Command): string[] {
  const own = command.options.flatMap(({ long }) => long ?? []);
  const below = command.commands.flatMap((one) => [one.name(), ...wordsOf(one)]);
  return [...new Set([...below, ...own])];
}

function bash(all: readonly Known[]): string {
  const cases = all.map(({ name, options }) => `    ${name}) words="${options.join(' ')}" ;;`);
  return `# trader completion bash > ~/.local/share/bash-completion/completions/trader
_trader() {
  local words="${all.map(({ name }) => name).join(' ')}"
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _trader trader
`;
}

function zsh(all: readonly Known[]): string {
  const commands = all.map(({ name, description }) => `    '${name}:${description}'`);
  const cases = all.map(({ name, options }) => `    ${name}) compadd -- ${options.join(' ')} ;;`);
  return `#compdef trader
# trader completion zsh > a folder of $fpath, as _trader
_trader() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  _files
}
# Loaded by its name at the first completion, which it then answers; else it is being sourced.
if [[ "$funcstack[1]" == _trader ]]; then _trader "$@"; else compdef _trader trader; fi
`;
}

function fish(all: readonly Known[]): string {
  const lines = all.flatMap(({ name, description, options }) => [
    `complete -c trader -f -n __fish_use_subcommand -a ${name} -d '${description}'`,
    ...options.map(
      (word) =>
        `complete -c trader -n '__fish_seen_subcommand_from ${name}' ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`}`,
    ),
  ]);
  return `# trader completion fish > ~/.config/fish/completions/trader.fish\n${lines.join('\n')}\n`;
}
