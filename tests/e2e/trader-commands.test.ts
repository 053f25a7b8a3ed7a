/** What a person does with `trader`, against the running program: every command, its width, and its completion. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';
import { bareEnvironment } from '../support/bare-environment.ts';

/** Of the issue that asked for the command; `change` came later. */
const COMMANDS = (
  'status plan why approve reject change halt reduce resume deposit withdraw import export policy ' +
  'targets performance gains jobs backup restore verify replan check-data open'
).split(' ');
/** Those that print one document on request. */
const WITHOUT_JSON = ['export', 'open', 'policy'];
const READING = [
  ['status'],
  ['plan', '--full', '--not'],
  ['targets'],
  ['performance'],
  ['gains'],
  ['jobs'],
  ['proposals'],
  ['policy', 'show'],
  ['verify'],
  ['notices'],
] as const;
/** Those that need no answer of a person, too. */
const SHOWING = [
  ...READING,
  ...[['trust'], ['audit'], ['dependencies'], ['reconcile'], ['policy', 'history']],
  ...[['why', 'DOVR'], ['audit', 'too-many'], ['plan', 'no-such-plan'], ['--help']],
] as const;
const OUT = `build/e2e-trader-${process.pid}`;

let program: Program;
let running: Run;
let env: Record<string, string>;
let dataDir: string;

beforeAll(async () => {
  program = buildProgram('commands');
  // Bundled once: each run of cli/trader.mjs would bundle it again.
  execFileSync(process.execPath, ['scripts/build.mjs', '--out', OUT, '--also', 'cli/trader.ts']);
  const DATA_DIR = await freshDataDir();
  const plan = { PLAN_ORDERS_MAX: '3', CANDIDATES_MAX: '10', GRPC_PORT_BASE: '-1' };
  running = program.start([], { ...plan, DATA_DIR });
  await running.says('Running at');
  const url = /Running at (http:\/\/[\d.:]+)/.exec(running.stdout())?.[1] ?? '';
  env = { ...bareEnvironment, DATA_DIR, GATEWAY_URL: url };
  dataDir = DATA_DIR;
});
afterAll(async () => {
  running?.child.kill('SIGKILL');
  await program?.remove();
  execFileSync('rm', ['-rf', OUT]);
  await removeDataDirs();
});

function trader(...args: readonly string[]) {
  return spawnSync(process.execPath, [`${OUT}/cli/trader.js`, ...args], { env, encoding: 'utf8' });
}

/** On a terminal of so many columns. */
function onTerminal(columns: number, args: readonly string[]): string[] {
  const command = `stty cols ${columns} && ${process.execPath} ${OUT}/cli/trader.js ${args.join(' ')}`;
  const options = { env: { ...env, NO_COLOR: '1' }, encoding: 'utf8' } as const;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], options);
  return stdout.replaceAll('\r', '').split('\n');
}

/** Lines over a width, other than a word that is longer than a line, such as a hash, which is left whole. */
function tooLong(lines: readonly string[], most: number): string[] {
  return lines.filter((line) => [...line].length > most && line.trim().includes(' '));
}

/** Lines that end with a currency or begin with a unit, and so part a figure from what it counts. */
function parted(lines: readonly string[]): string[] {
  return lines.filter(
    (line, index) =>
      (/\b(?!UTC)[A-Z]{3}$/.test(line) && /^\s+-?\d/.test(lines[index + 1] ?? '')) ||
      /^\s*(?:%|(?:bp|UTC|ms)\b)/.test(line),
  );
}

it.each([60, 200])('each reading command keeps to a terminal of %d columns', (columns) => {
  for (const args of SHOWING) {
    const lines = onTerminal(columns, args);
    expect([args, lines.join('').length > 0]).toEqual([args, true]);
    expect([args, tooLong(lines, Math.min(columns, 100))]).toEqual([args, []]);
    expect([args, parted(lines)]).toEqual([args, []]);
  }
});

it('the help of each command keeps to a terminal of 60 columns, and names no empty default', () => {
  for (const name of COMMANDS) {
    const lines = onTerminal(60, [name, '--help']);
    expect([name, lines.join(' ')]).toEqual([
      name,
      expect.stringContaining(`Usage: trader ${name}`),
    ]);
    const explained = lines.filter((line) => !line.startsWith('Usage:'));
    expect([name, tooLong(explained, 60)]).toEqual([name, []]);
    expect([name, lines.join(' ')]).toEqual([name, expect.not.stringContaining('(default: "")')]);
  }
});

it('is the same text in a pipe, whatever the terminal, the locale and the time zone, at most 80 wide', () => {
  const plain = { ...env, FORCE_COLOR: '', TERM: 'dumb' };
  const other = { ...env, LC_ALL: 'de_DE.UTF-8', TZ: 'America/New_York', TERM: 'xterm-256color' };
  const said = (args: readonly string[], given: Readonly<Record<string, string>>): string =>
    spawnSync(process.execPath, [`${OUT}/cli/trader.js`, ...args], {
      ...{ env: given, encoding: 'utf8' },
    }).stdout;
  for (const args of [['status'], ['plan', '--full', '--not'], ['targets'], ['gains'], ['jobs']]) {
    let [one, two] = [said(args, plain), said(args, other)];
    // A job that ran meanwhile has changed what there is to say.
    while (two !== one && said(args, plain) !== one)
      [one, two] = [said(args, plain), said(args, other)];
    expect([args, one.includes('\u001b')]).toEqual([args, false]);
    expect([args, tooLong(one.split('\n'), 80)]).toEqual([args, []]);
    expect(two).toBe(one);
  }
});

it('each reading command answers one document with --json, and ends with 0', () => {
  for (const args of READING) {
    const { status, stdout, stderr } = trader(...args, '--json');
    expect([args, status, stderr]).toEqual([args, 0, '']);
    expect([args, typeof JSON.parse(stdout)]).toEqual([args, 'object']);
  }
});

it('targets and performance agree with the account', () => {
  const { targets } = JSON.parse(trader('targets', '--json').stdout) as {
    targets: { symbol: string; weightRatio: number; targetRatio: number; driftRatio: number }[];
  };
  expect(targets.length).toBeGreaterThan(0);
  for (const { weightRatio, targetRatio, driftRatio } of targets)
    expect(driftRatio).toBeCloseTo(weightRatio - targetRatio, 9);
  const human = trader('targets').stdout;
  for (const { symbol } of targets.slice(0, 3)) expect(human).toContain(symbol);
  const performance = JSON.parse(trader('performance', '--json').stdout) as { history: unknown[] };
  expect(performance.history.length).toBeGreaterThan(0);
  const limited = trader('performance', '--days', 'many');
  expect([limited.status, limited.stderr]).toEqual([2, expect.stringContaining('days')]);
});

describe('completion', () => {
  let bashScript: string;
  beforeAll(() => {
    bashScript = trader('completion', 'bash').stdout;
  });

  function completed(words: readonly string[]): string[] {
    const script = `${bashScript}
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
      _trader; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  }

  it('in bash knows every command, and the options of each', () => {
    const known = completed(['trader', '']);
    expect(known).toEqual(expect.arrayContaining(COMMANDS));
    expect(completed(['trader', 're'])).toEqual(expect.arrayContaining(['reject', 'restore']));
    expect(completed(['trader', 'change', '--l'])).toEqual(['--leave-out']);
    for (const command of COMMANDS.filter((one) => !WITHOUT_JSON.includes(one)))
      expect([command, completed(['trader', command, '--json'])]).toEqual([command, ['--json']]);
  });
});

it('a replay runs as a job on the installation’s own prices, and is shown before a step up and on the page', async () => {
  const file = join(dataDir, 'equal.yaml');
  writeFileSync(file, 'name: equal parts\nweights: equal\n');
  const days = ['--from', '2023-05-01', '--to', '2023-06-30'];
  const { status, stdout, stderr } = trader('replay', ...days, '--policy', file);
  expect(status).toBe(0);
  expect(stdout).toContain('equal parts less buy and hold');
  expect(stderr).toContain('Its prices were made up: it says nothing about a market.');
  expect(trader('trust', 'within-limits').stdout).toContain(stdout);
  const page = await fetch(`${env['GATEWAY_URL']}/trader/replay`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('equal parts')]);
  const wrong = trader('replay', ...days, '--policy', file, '--threads', '2', '--out', dataDir);
  expect([wrong.status, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('--threads: needs --data'),
  ]);
});

it('a backup is written, read through, refused while it runs, and restored', async () => {
  const { status, stdout, stderr } = trader('backup', '--json');
  expect([status, stderr]).toEqual([0, '']);
  const backup = JSON.parse(stdout) as { file: string; keys: string };
  expect(Number(backup.keys)).toBeGreaterThan(10);
  const folder = join(env['DATA_DIR'] ?? '', 'backups');
  expect(readdirSync(folder)).toContain(backup.file);
  const before = JSON.parse(trader('status', '--json').stdout) as { ledgerCount: number };

  const restore = (...flags: readonly string[]) =>
    spawnSync(
      process.execPath,
      ['cli/trader.mjs', 'restore', join(folder, backup.file), ...flags],
      {
        ...{ env, encoding: 'utf8' },
      },
    );
  expect(restore('--replace').status).not.toBe(0);
  running.child.kill('SIGTERM');
  await running.ended;
  const tried = restore('--dry-run', '--replace', '--json');
  expect([tried.status, JSON.parse(tried.stdout)]).toMatchObject([0, { restored: false }]);
  const done = restore('--replace', '--json');
  expect([done.status, done.stderr]).toEqual([0, expect.anything()]);
  expect(JSON.parse(done.stdout)).toMatchObject({ restored: true });

  const { DATA_DIR = '' } = env;
  running = program.start(['--dry-run'], { DATA_DIR, GRPC_PORT_BASE: '-1' });
  await running.says('Running at');
  env['GATEWAY_URL'] = /Running at (http:\/\/[\d.:]+)/.exec(running.stdout())?.[1] ?? '';
  const after = JSON.parse(trader('status', '--json').stdout) as { ledgerCount: number };
  expect(after.ledgerCount).toBe(before.ledgerCount);
});
