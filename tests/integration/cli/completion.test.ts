/** The completion scripts in the shells themselves; a shell that is not installed is skipped with its name. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeNeeding } from '../../support/needing.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

const PROGRAM = join(__dirname, '../../../cli/trader.mjs');

/** What is typed after `trader `, and the line that the shell makes of it. */
const typed = [
  ['hal', 'halt'],
  ['policy hist', 'policy history'],
  ['approve --dig', 'approve --digest'],
  ['policy res', 'policy restrict'],
  ['change --leave', 'change --leave-out'],
] as const;

/** A shell may keep files there. */
let home = '';

const shells = {
  bash: { file: 'trader', complete: inBash },
  zsh: { file: '_trader', complete: inZsh },
  fish: { file: 'trader.fish', complete: inFish },
} as const;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'trader-home-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.each(Object.entries(shells))('%s', (shell, { file, complete }) => {
  const isThere = spawnSync(shell, ['--version']).status === 0;
  describeNeeding(isThere ? undefined : `no ${shell} is installed`, 'completes', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'trader-completion-'));
      const script = execFileSync(process.execPath, [PROGRAM, 'completion', shell]);
      writeFileSync(join(folder, file), script);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('commands, their commands and their options, from the first time on', () => {
      const lines = typed.map(([begun]) => begun);
      expect(complete(folder, lines)).toEqual(typed.map(([, whole]) => whole));
    });
  });
});

function run(program: string, parameters: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(program, parameters, {
    encoding: 'utf8',
    env: { ...bareEnvironment, HOME: home, TERM: 'dumb' },
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').slice(0, -1);
}

/** The words before the last one, and what stands in its place. */
function whole(line: string, found: string | undefined): string {
  return [...line.split(' ').slice(0, -1), found].join(' ');
}

function inBash(folder: string, lines: readonly string[]): string[] {
  const script = `source "$1/trader"
    for line in "\${@:2}"; do
      COMP_WORDS=(trader $line); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _trader
      echo "\${COMPREPLY[@]}"
    done`;
  const found = run('bash', ['--norc', '-c', script, 'bash', folder, ...lines]);
  return lines.map((line, i) => whole(line, found[i]));
}

function inFish(folder: string, lines: readonly string[]): string[] {
  return lines.map((line) => {
    const script = 'source $argv[1]/trader.fish; complete -C "trader $argv[2]"';
    const found = run('fish', ['--no-config', '-c', script, folder, line]);
    return whole(line, found.map((one) => one.split('\t')[0]).join(' '));
  });
}

/** Types each line and a tab into a shell at a terminal of its own, whose \`trader\` says what it was called with. */
function inZsh(folder: string, lines: readonly string[]): string[] {
  const script = `zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'PROMPT=; unsetopt beep; fpath=('"$1"' $fpath); autoload -Uz compinit && compinit -u -D'
    zpty -w shell 'trader() { print -r -- "ran:$*:$((1 + 1))" }'
    for line in "\${@:2}"; do
      zpty -w -n shell "trader $line"$'\\t\\n'
      zpty -r shell text '*ran:*:2*'
      print -r -- "\${\${text##*ran:}%%:2*}"
    done
    zpty -d shell`;
  return run('zsh', ['-f', '-c', script, 'zsh', folder, ...lines]);
}
