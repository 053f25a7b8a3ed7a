/** Securities that begin after a run, end within it, or are not there: said by name, and by day. */
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import type { Past } from '#shared/replay/past.ts';
import { readPast } from '#shared/replay/read-past.ts';
import { runHere } from '#shared/replay/replay-policies.ts';
import { reportOf } from '#shared/replay/model/replay-report.ts';
import { replayReportText } from '#shared/replay/report-text.ts';
import { daysFrom, ISINS, madeUpPast } from './made-up-past.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

const days = daysFrom(60);
const [from, late, ending, to] = [days[10], days[20], days[25], days[59]];
if (!from || !late || !ending || !to) throw new Error('there are days');
const past = madeUpPast({ seed: 'incomplete', days: 60 });
const EUR = parseCurrency('EUR');
const LIMITS = 'splits: declared\nsettings: { WEIGHT_MAX_RATIO: 1, MAXIMUM_ORDER_RATIO: 1 }';

const replayed = (text: string, own: Past) =>
  runHere({ past: own, window: { from, to }, handlers: replayedHandlers })(
    parseReplayPolicy(`${text}\n${LIMITS}`, 'p', 'EUR'),
    'securities',
  );

/** The last security with the bars that pass. */
function lastWith(keeps: (day: string) => boolean): Past {
  const [isin] = ISINS.slice(-1);
  if (!isin) throw new Error('there is a security');
  const bars = (past.bars.get(isin) ?? []).filter(({ day }) => keeps(day));
  return { ...past, bars: new Map([...past.bars, [isin, bars]]) };
}

test.each([
  ['weights: { fixed: { S0: 0.5, ZZ: 0.5 } }', past, /no prices of ZZ/],
  ['weights: equal\nsecurities: [ZZ]', past, /no prices of ZZ/],
  ['weights: { fixed: { S0: 0.5, S1: 0.5 } }\nsecurities: [S0]', past, /weights of S1/],
  ['weights: { fixed: { S2: 1 } }', { ...past, benchmark: ISINS[2] }, /S2 is the benchmark/],
])('"%s" is refused', async (text, own, says) => {
  await expect(Promise.resolve().then(() => replayed(text, own))).rejects.toThrow(says);
});

test('a security without a price by the day of a decision is named with the day', async () => {
  const own = lastWith((day) => day >= late);
  await expect(replayed('weights: equal', own)).rejects.toThrow(`${from}: no price of S2`);
  const run = await replayed('weights: equal\nsecurities: [S0, S1]', own);
  expect(run.days.length).toBe(50);
});

test('what is held beyond its last price counts at it, and the report says so', async () => {
  const run = await replayed(
    'weights: equal\nschedule: once',
    lastWith((day) => day <= ending),
  );
  expect(run.pricesEnd).toEqual([{ symbol: 'S2', lastDay: ending }]);
  const report = reportOf({ ...run, name: 'own' }, [], [0], 'seed');
  expect(replayReportText(report, [], []).join('\n')).toContain(
    `There is no price of S2 after ${ending}`,
  );
  const whole = await replayed('weights: equal\nschedule: once', past);
  expect(whole).not.toHaveProperty('pricesEnd');
});

test.each([
  ['a price that is not positive', { close: -5, adjustedClose: -5 }, /close -5 is not positive/],
  ['a price a hundred times too high', { close: 5000, high: 5000, adjustedClose: 5000 }, /S1 on/],
])('%s counts for nothing, and the report says so', async (_name, wrong, says) => {
  const [, isin = ISINS[0]] = ISINS;
  const bad = (past.bars.get(isin as (typeof ISINS)[number]) ?? []).map((bar) =>
    bar.day === ending ? { ...bar, ...wrong } : bar,
  );
  const own = { ...past, bars: new Map([...past.bars, [isin, bad]]) } as Past;
  const text =
    'weights: { inverseVolatility: { window: 5 } }\nschedule: week\nband: { absolute: 0.01 }\nfill: next-close';
  const [as, run] = [await replayed(text, past), await replayed(text, own)];
  const worst = run.days.map(({ value }, i) => Math.abs(value / (as.days[i]?.value ?? NaN) - 1));
  expect(Math.max(...worst)).toBeLessThan(0.05);
  expect(run.setAside).toMatchObject({ count: 1, bars: [{ symbol: 'S1', day: ending }] });
  const report = reportOf({ ...run, name: 'own' }, [], [0], 'seed');
  expect(replayReportText(report, [], []).join('\n')).toMatch(says);
  expect(as).not.toHaveProperty('setAside');
});

test('figures of a run of one day that need two are not defined', async () => {
  const run = await runHere({ past, window: { from, to: from }, handlers: replayedHandlers })(
    parseReplayPolicy(`weights: equal\n${LIMITS}`, 'p', 'EUR'),
    'securities',
  );
  const report = reportOf({ ...run, name: 'own' }, [], [0], 'seed');
  expect(replayReportText(report, [], []).join('\n')).not.toMatch(/NaN|-100\.0 %/);
});

test('more prices than there is memory for are refused, naming how many were read', async () => {
  const source = {
    ...{ name: 'past', simulated: true, ping: () => Promise.resolve() },
    listing: () => Promise.resolve(past.securities),
    bars: (isin: (typeof ISINS)[number]) => Promise.resolve(past.bars.get(isin) ?? []),
    fundamentals: () => Promise.resolve(undefined),
    rates: () => Promise.resolve([]),
  } as unknown as MarketData;
  const read = (room?: number) => readPast(source, EUR, new AbortController().signal, room);
  // Of each security 60 bars of 250 bytes.
  const all = await read(60 * 250 * ISINS.length);
  expect(all.bars.size).toBe(ISINS.length);
  await expect(read(60 * 250 * 2)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(`prices of 3 of ${ISINS.length} securities`) as string,
    facts: { rule: 'replay-memory', securities: 3, bars: 180 },
  });
  expect((await read()).bars.size).toBe(ISINS.length);
});
