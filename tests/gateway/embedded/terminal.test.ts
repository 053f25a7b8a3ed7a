import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { wrapped } from '#gateway/embedded/console/console.ts';
import { LogFile } from '#gateway/embedded/console/log-file.ts';
import { cycleLine, endsCycle } from '#gateway/embedded/later-cycles.ts';
import { logLines } from '#gateway/embedded/console/log-lines.ts';
import { GetOverviewResponse } from '#protos/gen/overview.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trader-log-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a line', () => {
  it('is broken at spaces, and what follows is indented', () => {
    expect(wrapped('  Buy 17 DOVR at GBP 134.10, value EUR 2,498.66', 30)).toEqual([
      '  Buy 17 DOVR at GBP 134.10,',
      '    value EUR 2,498.66',
    ]);
  });

  it.each([
    ['the value of it is EUR 24,353.05', ['the value of it is', '  EUR 24,353.05']],
    ['it gains in a year as much as 549.7 bp', ['it gains in a year as', '  much as 549.7 bp']],
    [
      'the next cycle is at Mon 30 Nov 07:00 UTC',
      ['the next cycle is at', '  Mon 30 Nov 07:00 UTC'],
    ],
    ['the share of it goes up to 12.5 %', ['the share of it goes up', '  to 12.5 %']],
    ['not done: 28: trader plan --not', ['not done: 28:', '  trader plan --not']],
  ])('parts no figure from what it counts, and no command: %s', (line, lines) => {
    expect(wrapped(line, 24)).toEqual(lines);
  });

  it('keeps every word, and never breaks one', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,40}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 200 }), (all, width) => {
        const lines = wrapped(all.join(' '), width);
        expect(lines.join(' ').split(/\s+/)).toEqual(all);
        for (const line of lines)
          if (line.trim().includes(' ')) expect(line.length).toBeLessThanOrEqual(width);
      }),
      { seed: 3 },
    );
  });
});

describe('the log file', () => {
  it('holds lines until the folder is its own, and is read by its owner alone', async () => {
    const file = new LogFile();
    file.write('first');
    const path = file.open(dir) ?? '';
    file.write('second');
    file.close();
    expect(await readFile(path, 'utf8')).toBe('first\nsecond\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is rotated when it has grown, and the oldest is dropped', async () => {
    const file = new LogFile(10);
    file.open(dir);
    for (const line of ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc', 'dddddddddd']) file.write(line);
    file.close();
    expect((await readdir(join(dir, 'log'))).sort()).toEqual([
      'trader.log',
      'trader.log.1',
      'trader.log.2',
    ]);
    expect(await readFile(join(dir, 'log', 'trader.log.1'), 'utf8')).toBe('dddddddddd\n');
  });

  it('is opened again where it was moved away, and holds what it cannot write', async () => {
    const file = new LogFile();
    const path = file.open(dir) ?? '';
    file.write('first');
    expect(file.isWritable()).toBe(true);
    await rename(join(dir, 'log'), join(dir, 'aside'));
    await writeFile(join(dir, 'log'), 'no folder');
    expect(file.isWritable()).toBe(false);
    await rm(join(dir, 'log'));
    expect(file.isWritable()).toBe(true);
    file.write('second');
    expect(await readFile(path, 'utf8')).toBe('second\n');
    file.close();
    file.write('held');
    expect(file.isWritable()).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('second\nheld\n');
    file.close();
  });

  it('is not writable where its folder was not to be had at the start, until it is', async () => {
    await writeFile(join(dir, 'log'), 'no folder');
    const file = new LogFile();
    expect(file.open(dir)).toBeUndefined();
    file.write('held');
    expect(file.isWritable()).toBe(false);
    await rm(join(dir, 'log'));
    expect(file.isWritable()).toBe(true);
    expect(await readFile(join(dir, 'log', 'trader.log'), 'utf8')).toBe('held\n');
    file.close();
  });

  it('stops nothing where it is not writable', () => {
    const file = new LogFile();
    expect(file.open(join('/dev/null', 'folder'))).toBeUndefined();
    file.write('lost');
    file.close();
  });
});

describe('the log on a terminal', () => {
  const line = (level: string, event: string, more = {}): string =>
    JSON.stringify({ time: '2026-03-04T10:00:00Z', level, event, ...more });

  function shown(isLive: boolean, isVerbose: boolean): string[] {
    const [written, complaints]: string[][] = [[], []];
    const write = logLines({
      file: { write: (text) => void written?.push(text) },
      console: { complain: (text) => void complaints?.push(text), isLive },
      isVerbose,
    });
    write(line('info', 'order-submitted'));
    write(line('warn', 'board-lost', { detail: 'compute does not answer' }));
    expect(written).toHaveLength(2);
    return complaints ?? [];
  }

  it('shows only warnings and errors, as text; elsewhere the lines of the file', () => {
    expect(shown(true, false)).toEqual(['! board lost: compute does not answer']);
    expect(shown(false, false)).toEqual([expect.stringContaining('"event":"board-lost"')]);
  });

  it('shows everything where that is asked for', () => {
    expect(shown(true, true)).toHaveLength(2);
  });
});

describe('a later cycle', () => {
  it('is reported at the end of its run, in one line', () => {
    const end = { event: 'run-completed', operation: 'gateway-trigger-trading-cycle' };
    expect(endsCycle(JSON.stringify(end))).toBe(true);
    expect(endsCycle(JSON.stringify({ ...end, operation: 'gateway-trigger-job' }))).toBe(false);
    const overview = GetOverviewResponse.fromJSON({
      value: {
        total: { amount: '25010.50', currency: 'EUR' },
        cash: { amount: '557.00', currency: 'EUR' },
      },
      standing: { code: 'healthy', message: 'All is well. Nothing to do.' },
    });
    expect(cycleLine(overview, new Date('2026-03-04T07:00:12Z'))).toBe(
      '07:00 UTC  Cycle: nothing to buy or sell; value EUR 25,010.50, cash EUR 557.00. All is well. Nothing to do.',
    );
  });
});
