import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataReport } from '#shared/clients/market-data/check/check-folder.ts';
import { inFolder } from '../../support/folders.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

const PROGRAM = join(__dirname, '../../../cli/trader.mjs');
const SECURITIES = 'isin,symbol,currency\nDE0FIX000016,NORD,GBp\nDE0FIX000024,OSTD,EUR\n';

function trader(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    env: { ...bareEnvironment },
  });
  return { status, stdout, stderr };
}

/** Weekdays or not does not matter here: a row a day from 2024-01-01 on. */
function rows(count: number, closeOf: (index: number) => number): string {
  const days = Array.from({ length: count }, (_, i) =>
    new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10),
  );
  return `Date,Close\n${days.map((day, i) => `${day},${closeOf(i).toFixed(2)}\n`).join('')}`;
}

const wave = (i: number): number => 100 + Math.sin(i);

describe('trader check-data', () => {
  test('prints what was parsed, and that a start succeeds', async () => {
    const files = {
      'securities.csv': SECURITIES,
      'NORD.csv': rows(80, (i) => (i === 40 ? 0.5 : wave(i))),
      'OSTD.csv': rows(80, (i) => (i < 60 ? wave(i) : wave(i) / 4)).replace(/2024-02-0.*\n/g, ''),
    };
    await inFolder(files, async (folder) => {
      const { status, stdout } = trader('check-data', folder, '--json');
      const report = JSON.parse(stdout) as DataReport;
      expect(status).toBe(0);
      expect(report).toMatchObject({ ready: true, lastDay: '2024-03-20', problems: [] });
      expect(report.securities).toMatchObject([
        {
          ...{ symbol: 'NORD', currency: 'GBP', perCurrency: 100, bars: 80, gaps: [] },
          setAside: [{ day: '2024-02-10', where: 'NORD.csv:42' }],
        },
        {
          ...{ symbol: 'OSTD', currency: 'EUR', firstDay: '2024-01-01', setAside: [] },
          gaps: [{ after: '2024-01-31', before: '2024-02-10', days: 10 }],
          suspectedSplits: [{ day: '2024-03-01', ratio: 4, inAdjustedPrices: false }],
        },
      ]);
      const text = trader('check-data', folder).stdout;
      expect(text).toContain('set aside NORD.csv:42, 2024-02-10');
      expect(text).toContain('4 for 1 that nobody declared');
      expect(text).toContain('A start with this folder succeeds.');
    });
  });

  test('takes a declared split into account, and names one that the prices contradict', async () => {
    const files = {
      'securities.csv': SECURITIES.split('\n').slice(0, 2).join('\n'),
      'NORD.csv': rows(80, (i) => (i < 60 ? wave(i) : wave(i) / 4)),
    };
    const declaring = (ratio: string) =>
      inFolder(
        { ...files, 'actions.csv': `kind,symbol,date,ratio\nsplit,NORD,2024-03-01,${ratio}\n` },
        async (folder) => {
          const { stdout } = await Promise.resolve(trader('check-data', folder, '--json'));
          const { securities, doubts } = JSON.parse(stdout) as DataReport;
          return { splits: securities[0]?.suspectedSplits.length, doubts };
        },
      );
    expect(await declaring('4:1')).toEqual({ splits: 0, doubts: [] });
    expect(await declaring('1:4')).toEqual({
      splits: 1,
      doubts: [expect.stringMatching(/0\.25 shares for one is declared.*look like 4 for one/)],
    });
  });

  test('exits with 1 and names every error where a start would be refused', async () => {
    const files = { 'securities.csv': SECURITIES, 'NORD.csv': 'Date,Close\n2024-03-08,3,501.20\n' };
    await inFolder(files, async (folder) => {
      const { status, stdout } = trader('check-data', folder);
      expect(status).toBe(1);
      expect(stdout).toContain('NORD.csv:2: has 3 cells where the header has 2');
    });
  });

  test('begins a securities.csv once, and never overwrites one', async () => {
    await inFolder(
      { 'NORD.csv': rows(5, wave), 'DE0FIX000024.csv': rows(5, wave) },
      async (folder) => {
        expect(trader('check-data', folder).status).toBe(1);
        expect(trader('check-data', folder, '--write-securities').status).toBe(0);
        const written = await readFile(join(folder, 'securities.csv'), 'utf8');
        expect(written).toBe(
          'isin,symbol,name,currency,exchange,sector,country,lot\n' +
            'DE0FIX000024,DE0FIX000024,,,,,,\n,NORD,,,,,,\n',
        );
        const again = trader('check-data', folder, '--write-securities');
        expect(again).toMatchObject({ status: 2 });
        expect(again.stderr).toContain('is there already and is left as it is');
      },
    );
  });

  test.each([
    [['check-data', '/no/such/folder'], 'There is no file or folder'],
    [['check-data'], "missing required argument 'folder'"],
    [['nonsense'], "unknown command 'nonsense'"],
    [['check-data', '.', '--nonsense'], "unknown option '--nonsense'"],
  ])('ends with 2 on %j', (args, message) => {
    const { status, stderr } = trader(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  test('shows its help', () => {
    expect(trader('--help')).toMatchObject({ status: 0, stderr: '' });
  });
});
