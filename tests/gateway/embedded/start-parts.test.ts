import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from '#gateway/embedded/arguments.ts';
import { takeDataDir } from '#gateway/embedded/data-dir.ts';
import { lives, markOf } from '#gateway/embedded/processes.ts';
import { ProgressThrottle } from '#gateway/embedded/console/progress.ts';
import { findRedisServer } from '#gateway/embedded/redis/redis-program.ts';
import { openSecrets } from '#gateway/embedded/secrets.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trader-start-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('arguments', () => {
  it('are all off unless given', () => {
    const off = { once: false, dryRun: false, json: false, verbose: false };
    expect(parseArguments([])).toEqual({ kind: 'run', given: off });
    expect(parseArguments(['--dry-run', '--json', '--once'])).toEqual({
      kind: 'run',
      given: { once: true, dryRun: true, json: true, verbose: false },
    });
  });

  it.each([['--twice'], ['now'], ['--once=yes']])('refuse %s by its name', (argument) => {
    const parsed = parseArguments([argument]);
    expect(parsed.kind).toBe('wrong');
    expect(parsed.kind === 'wrong' && parsed.message).toContain(argument.split('=')[0]);
  });

  it('ask for help before anything else', () => {
    expect(parseArguments(['--once', '--help']).kind).toBe('help');
  });
});

describe('the data folder', () => {
  it('is taken by one at a time', async () => {
    const taken = await takeDataDir(dir);
    await expect(takeDataDir(dir)).rejects.toMatchObject({
      message: expect.stringContaining(`${dir} is in use by another run (process ${process.pid})`),
      facts: { rule: 'data-dir-in-use' },
    });
    await taken.release();
    await (await takeDataDir(dir)).release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('is taken over from a process that is gone', async () => {
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' }));
    await (await takeDataDir(dir)).release();
  });

  it('is taken over from another process with the same id', async () => {
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
    await (await takeDataDir(dir)).release();
  });

  it('is taken over when the lock was left half written', async () => {
    await writeFile(join(dir, 'lock'), '{"pid":');
    await (await takeDataDir(dir)).release();
  });

  it('is taken by exactly one of many concurrent processes', async () => {
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeDataDir(dir)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('says why it cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(takeDataDir(join(dir, 'file', 'below'))).rejects.toMatchObject({
      facts: { rule: 'data-dir-not-writable' },
    });
  });
});

it('knows a process by its id and its start', async () => {
  const mark = await markOf(process.pid);
  expect(await lives(mark)).toBe(true);
  expect(await lives({ ...mark, startedAt: '1' })).toBe(false);
});

describe('secrets', () => {
  it('are made once, and only the owner may read them', async () => {
    const first = await openSecrets(dir);
    expect(await openSecrets(dir)).toEqual(first);
    for (const folder of [first.dir, first.files.dir]) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      for (const name of await readdir(folder))
        expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    expect(await readdir(first.dir)).toEqual(['basic-auth-password', 'basic-auth-user']);
    const tokens = ['read-token', 'trade-token', 'write-token'];
    expect(await first.files.names()).toEqual(['operator-password', ...tokens]);
  });

  it('are 32 random bytes in hex, each its own', async () => {
    const { tokens, basicAuth } = await openSecrets(dir);
    const all = [tokens.write, tokens.trade, basicAuth.password];
    for (const secret of all) expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(all).size).toBe(3);
    const file = join(dir, 'function-secrets', 'openfaas-fn', 'trade-token');
    expect(await readFile(file, 'utf8')).toBe(`${tokens.trade}\n`);
  });

  it('that lay in the folder of the password move to those of functions', async () => {
    await mkdir(join(dir, 'secrets'));
    await writeFile(join(dir, 'secrets', 'trade-token'), 'a-token-of-an-older-installation\n');
    const { tokens, files } = await openSecrets(dir);
    expect(tokens.trade).toBe('a-token-of-an-older-installation');
    expect(await readdir(join(dir, 'secrets'))).not.toContain('trade-token');
    expect(files.has('trade-token')).toBe(true);
  });

  it('that were emptied are an error, never silently new', async () => {
    const { files } = await openSecrets(dir);
    await writeFile(join(files.dir, 'trade-token'), '\n');
    await expect(openSecrets(dir)).rejects.toMatchObject({ facts: { rule: 'secret-too-short' } });
  });
});

describe('finding redis-server', () => {
  const print = jest.fn();

  it('says what to install where it is missing', async () => {
    await expect(
      findRedisServer({ env: { PATH: dir }, isRoot: false, print }),
    ).rejects.toMatchObject({
      message:
        'redis-server is not installed: install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL.',
    });
  });

  it('installs it where it may, fetching the package lists when they are needed', async () => {
    const script = `#!/bin/sh
echo "$@" >> "${dir}/asked"
case "$1" in update) : > "${dir}/lists";; install)
  [ -e "${dir}/lists" ] || exit 100
  printf '#!/bin/sh\\n' > "${dir}/redis-server"; /bin/chmod +x "${dir}/redis-server";; esac
`;
    await writeFile(join(dir, 'apt-get'), script, { mode: 0o755 });
    const found = await findRedisServer({ env: { PATH: dir }, isRoot: true, print });
    expect(found).toBe(join(dir, 'redis-server'));
    const asked = (await readFile(join(dir, 'asked'), 'utf8')).trim().split('\n');
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['install', 'update', 'install']);
  });
});

it('prints the last message of each step, and at most one line a second between them', () => {
  const lines: string[] = [];
  let now = 0;
  const progress = new ProgressThrottle(
    (line) => lines.push(line),
    () => now,
  );
  const report = (step: string, progressPct: number, message: string, after: number): void => {
    now += after;
    progress.report({ step, progressPct, message });
  };
  report('a', 0, 'a begins', 0);
  report('a', 1, 'too soon', 100);
  report('a', 2, 'a ends', 100);
  report('b', 50, 'b begins', 100);
  report('b', 60, 'a second later', 1_500);
  report('b', 100, 'b ends', 10);
  progress.flush();
  progress.flush();
  expect(lines).toEqual([
    '  0 %  a begins',
    '  2 %  a ends',
    ' 60 %  a second later',
    '100 %  b ends',
  ]);
});
