/**
 * Golden replays: three policies on public data, byte for byte. A change of behaviour changes them; it is declared in
 * CHANGELOG.md under "Golden replays" with the difference it makes, and the values here are replaced.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import type { Past } from '#shared/replay/past.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import { runReplay } from '#shared/replay/run-replay.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

const FILE = '../shared/anchors/data/prices_skfolio_factors5.csv';
const file = resolve(FILE);
const USD = parseCurrency('USD');
const ISINS = ['US46432F3964', 'US46432F3394', 'US46432F3709', 'US46429B6974', 'US46432F3881'];
const window = { from: parseDay('2016-01-04'), to: parseDay('2017-12-29') };

const common = 'splits: declared\nsettings: { WEIGHT_MAX_RATIO: 1, MAXIMUM_ORDER_RATIO: 1 }\n';
const golden = [
  ['equal', `${common}weights: equal\nschedule: quarter`, '34250.32', 'b1f46d55422daa68'],
  [
    'inverse volatility with deposits',
    `${common}weights: { inverseVolatility: { window: 60 } }\nschedule: month\ndeposit: { amount: 250, each: month }`,
    '40907.07',
    '72ca95e746d2cca7',
  ],
  [
    'minimum variance within a band',
    `${common}weights: { minimumVariance: { window: 120, cap: 0.4 } }\nschedule: month\nband: { absolute: 0.05, relative: 0.25 }\nfill: next-close\nshares: fractional`,
    '32398.65',
    '9c6feeca58493f15',
  ],
] as const;

if (!existsSync(file)) {
  const missing = `${FILE} is not there, so golden replays are not compared`;
  process.stdout.write(`${missing}\n`);
  it.skip(missing, () => undefined);
} else
  it.each(golden)('the golden replay "%s" is what it was', async (name, text, final, hash) => {
    const policy = parseReplayPolicy(text, name, 'USD');
    const run = await runReplay({
      handlers: replayedHandlers,
      past: pastOf(policy.shares),
      policy,
      window,
    });
    const bytes = JSON.stringify(run);
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const worth = run.days.at(-1)?.value.toFixed(2);
    expect([worth, digest]).toEqual([final, hash]);
  });

function pastOf(shares: 'whole' | 'fractional'): Past {
  const [header = [], ...rows] = parse(readFileSync(file, 'utf8')) as string[][];
  const isins = ISINS.map(parseIsin);
  const listed = { exchange: 'PAST', currency: USD, securityType: 'ETF' };
  return {
    securities: isins.map((isin, i) => {
      const symbol = header[i + 1] ?? '';
      return {
        isin,
        symbol,
        name: symbol,
        ...listed,
        lot: shares === 'whole' ? '1' : '0.000000001',
      };
    }),
    bars: new Map(
      isins.map((isin, i) => [
        isin,
        rows.map((row) => {
          const close = Number(row[i + 1]);
          const prices = { open: close, high: close, low: close, close, adjustedClose: close };
          return { day: row[0] as CalendarDay, ...prices };
        }),
      ]),
    ),
    rates: new Map(),
    fundamentals: new Map(),
  };
}
