/**
 * Several policies at once: each beside the same runs, the trials counted, and the differences with their
 * confidence.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import { comparisonHtml } from '#shared/replay/report-html.ts';
import { comparisonText } from '#shared/replay/report-text.ts';
import {
  groundOf,
  replayPolicies,
  runHere,
  type RunPolicy,
} from '#shared/replay/replay-policies.ts';
import { fileRecords } from '#shared/replay/replay-records.ts';
import { runReplay } from '#shared/replay/run-replay.ts';
import { daysFrom, madeUpPast } from './made-up-past.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

const DAYS = 160;
const days = daysFrom(DAYS);
const [from, to] = [days[30], days[DAYS - 1]];
if (!from || !to) throw new Error('there are days');
const window = { from, to };
const past = madeUpPast({ seed: 'compared', days: DAYS });

/** Of runs that a policy is compared with. */
const LIMITS =
  'settings: { MAXIMUM_ORDER_RATIO: 1, ORDER_VALUE_MAX: 1000000000000000, DAY_TURNOVER_MAX_RATIO: 1000, ' +
  'ORDERS_PER_DAY_MAX: 10000, COOLDOWN_DAYS: 0, MINIMUM_HOLD_DAYS: 0 }';
const policyOf = (name: string, text: string) =>
  parseReplayPolicy(`name: ${name}\nsplits: declared\n${LIMITS}\n${text}`, name, 'EUR');
const policies = [
  policyOf('thirds', 'weights: equal\nschedule: week'),
  policyOf('calm', 'weights: { inverseVolatility: { window: 20 } }'),
];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('policies are compared in pairs, beside runs that are carried out once, and each counts as a trial', async () => {
  const here = runHere({ past, window, handlers: replayedHandlers });
  const carriedOut: string[] = [];
  const run: RunPolicy = (policy, on) => {
    carriedOut.push(policy.name);
    return here(policy, on);
  };
  const { countTrial } = fileRecords(folder);
  const found = await replayPolicies({ past, policies, window, countTrial, run });
  expect(carriedOut.sort()).toEqual(['buy and hold', 'calm', 'equal weights monthly', 'thirds']);
  expect(found.answers.map(({ report }) => report.confidence.trials)).toEqual([2, 2]);
  expect(found.differences).toHaveLength(1);
  const [difference] = found.differences;
  expect([difference?.of, difference?.against]).toEqual(['thirds', 'calm']);
  expect(difference?.interval.low).toBeLessThanOrEqual(difference?.meanPerYear ?? NaN);
  expect(difference?.interval.high).toBeGreaterThanOrEqual(difference?.meanPerYear ?? NaN);
  for (const { report } of found.answers)
    for (const { lostIn } of report.differences)
      for (const { by, ofCharges, ofCash, ofHoldings } of lostIn)
        expect(ofCharges + ofCash + ofHoldings).toBeCloseTo(by, 12);
  const again = await replayPolicies({ past, policies, window, countTrial, run: here });
  expect(JSON.stringify(again)).toBe(JSON.stringify(found));
  const page = comparisonHtml(found, 'days');
  expect(page).toContain('Choosing the best of 2 policies is a trial in itself');
  expect(page).not.toMatch(/<script|NaN|undefined/);
  expect(comparisonText(found).join('\n')).toContain('thirds less calm');
});

test.each([
  ['equal weights monthly', 'weights: equal\nschedule: month', 'buy and hold'],
  ['buy and hold', 'weights: equal\nschedule: once\nsells: false', 'equal weights monthly'],
])('a policy that is %s itself is carried out once', async (name, text, other) => {
  const carriedOut: string[] = [];
  const here = runHere({ past, window, handlers: replayedHandlers });
  const run: RunPolicy = (policy, on) => {
    carriedOut.push(policy.name);
    return here(policy, on);
  };
  const { countTrial } = fileRecords(join(folder, name));
  const own = [policyOf('own', text)];
  const { answers } = await replayPolicies({ past, policies: own, window, countTrial, run });
  expect(carriedOut.sort()).toEqual([other, 'own'].sort());
  const report = answers[0]?.report;
  const same = report?.others.find((one) => one.name === name);
  expect(same && { ...same, name: 'own' }).toEqual(report?.run);
});

test('limits of the policy leave nothing idle of what it is compared with', async () => {
  const benchmark = past.securities.at(-1)?.isin;
  const withIndex = { ...past, benchmark };
  const limited = `settings: { MAXIMUM_ORDER_RATIO: 0.1, ORDER_VALUE_MAX: 2000, ORDERS_PER_DAY_MAX: 1, DAY_TURNOVER_MAX: 500 }
investmentPolicy: { orders: { maximumRatio: 0.1 }, frozen: [${past.securities[0]?.isin}] }`;
  const text = `splits: declared\nweights: equal\nschedule: once\n${limited}`;
  const policies = [parseReplayPolicy(text, 'limited', 'EUR')];
  const { countTrial } = fileRecords(join(folder, 'limited'));
  const run = runHere({ past: withIndex, window, handlers: replayedHandlers });
  const { answers } = await replayPolicies({ past: withIndex, policies, window, countTrial, run });
  const report = answers[0]?.report;
  const idle = report?.others.map((one) => [one.name, one.idleCashRatio < 0.03]);
  expect(idle).toEqual([
    ['buy and hold', true],
    ['equal weights monthly', true],
    ['index S2', true],
  ]);
  expect(report?.run.idleCashRatio).toBeGreaterThan(0.9);
});

test('what was traded in another currency counts at its rate', async () => {
  const usd = parseCurrency('USD');
  const abroad = {
    ...past,
    securities: past.securities.map((one) => ({ ...one, currency: usd })),
    rates: new Map([['USD-EUR', days.map((day) => ({ day, rate: 0.5 }))]]),
  };
  const policy = policyOf('abroad', 'weights: equal\nschedule: once');
  const run = await runReplay({ handlers: replayedHandlers, past: abroad, policy, window });
  const { traded = NaN, value = NaN, cash = NaN, charges = NaN } = run.days[0] ?? {};
  expect(traded).toBeGreaterThan(20_000);
  expect(traded + charges + cash).toBeCloseTo(25_000, 1);
  expect(Math.abs(value / 25_000 - 1)).toBeLessThan(0.05);
});

test('tax on what was gained follows the investment policy of the file', async () => {
  const taxed = 'investmentPolicy: { tax: { gainRatio: 0.3, lossesOffsetGains: false } }';
  const text = 'weights: { inverseVolatility: { window: 20 } }\nschedule: week';
  const [free, owing] = [policyOf('free', text), policyOf('owing', `${text}\n${taxed}`)];
  const run = await runReplay({ handlers: replayedHandlers, past, policy: free, window });
  const withTax = await runReplay({ handlers: replayedHandlers, past, policy: owing, window });
  expect(run.taxes).toBeUndefined();
  const owed = withTax.taxes?.reduce((sum, { tax }) => sum + tax, 0) ?? 0;
  expect(owed).toBeGreaterThan(0);
  // It is not paid here, but a plan keeps it in cash, so that a little less is invested until the next one.
  const [without = NaN, kept = NaN] = [run, withTax].map((one) => one.days.at(-1)?.value);
  expect(kept).not.toBe(without);
  expect(Math.abs(kept - without)).toBeLessThan(owed);
});

test('a jump before the run counts as no split, one within it holds the security back', async () => {
  const [isin] = past.securities.map((one) => one.isin);
  if (!isin) throw new Error('there is a security');
  const halvedFrom = (day: string) => {
    const bars = (past.bars.get(isin) ?? []).map((bar) => {
      const { open, high, low, close } = bar;
      const by = bar.day < day ? 2 : 1;
      const own = { open: open * by, high: high * by, low: low * by, close: close * by };
      return { ...bar, ...own, adjustedClose: close * by };
    });
    return { ...past, bars: new Map([...past.bars, [isin, bars]]) };
  };
  const policy = parseReplayPolicy(`weights: equal\nschedule: week\n${LIMITS}`, 'p', 'EUR');
  const [early, late] = [days[10] ?? '', days[60] ?? ''];
  const before = await runReplay({
    handlers: replayedHandlers,
    past: halvedFrom(early),
    policy,
    window,
  });
  const within = await runReplay({
    handlers: replayedHandlers,
    past: halvedFrom(late),
    policy,
    window,
  });
  expect(before.jumpsBefore).toBe(1);
  expect(before.days.flatMap(({ refusals }) => refusals)).toEqual([]);
  expect(within.jumpsBefore).toBeUndefined();
  const held = within.days.flatMap(({ day, refusals }) => refusals.map((text) => `${day} ${text}`));
  expect(held.every((text) => text.slice(0, 10) >= late && /split/.test(text))).toBe(true);
  expect(held.length).toBeGreaterThan(0);
});

test('data and window are named by the hash of both as one document', () => {
  const ground = (own: typeof past) => shortHash({ window, bars: [...own.bars] });
  expect(groundOf(past, window)).toBe(ground(past));
  const empty = { ...past, bars: new Map() };
  expect(groundOf(empty, window)).toBe(ground(empty));
});

test('an investment policy that is wrong is refused by its path', () => {
  expect(() =>
    policyOf('wrong', 'weights: equal\ninvestmentPolicy: { tax: { gainRatio: 3 } }'),
  ).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('wrong.investmentPolicy.tax.gainRatio') as string,
    }) as Error,
  );
});
