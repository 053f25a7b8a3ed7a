import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays, parseDay } from '#shared/kernel/calendar-day.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { stationaryBootstrap } from '#shared/replay/model/bootstrap.ts';
import { reportOf, type RunToReport } from '#shared/replay/model/replay-report.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import { daysCsv } from '#shared/replay/report-csv.ts';
import { reportHtml } from '#shared/replay/report-html.ts';
import { fileRecords } from '#shared/replay/replay-records.ts';

function run(name: string, drift: number): RunToReport {
  const random = seededRandom(name);
  let value = 10_000;
  const days = Array.from({ length: 600 }, (_, i) => {
    value *= 1 + drift + 0.01 * normal(random);
    const day = addDays(parseDay('2020-01-01'), i);
    const none = { deposit: 0, traded: 0, charges: 0, orders: 0, decided: false, refusals: [] };
    return { day, value, cash: value / 10, ...none };
  });
  return { name, capital: 10_000, days };
}

describe('the stationary bootstrap', () => {
  it('covers the mean of independent draws about as often as it says', () => {
    let covered = 0;
    for (let round = 0; round < 100; round += 1) {
      const random = seededRandom(`draws-${round}`);
      const values = Float64Array.from({ length: 200 }, () => normal(random));
      const mean = (at: Int32Array) => at.reduce((sum, i) => sum + (values[i] ?? 0), 0) / at.length;
      const { low, high } = stationaryBootstrap(200, mean, {
        ...{ seed: `s-${round}`, samples: 200, blockLength: 2, confidence: 0.9 },
      });
      if (low <= 0 && high >= 0) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(80);
    expect(covered).toBeLessThanOrEqual(97);
  });
});

describe('the report of a replay', () => {
  const [own, other] = [run('own <policy>', 0.0005), run('other', 0)];

  it('says where the policy lost, and how sure its lead is', () => {
    const report = reportOf(own, [other], [0.01, 0.05], 'seed');
    const [difference] = report.differences;
    expect(difference?.interval.low).toBeLessThan(difference?.meanPerYear ?? NaN);
    expect(difference?.interval.high).toBeGreaterThan(difference?.meanPerYear ?? NaN);
    expect(report.run.years.map(({ year }) => year)).toEqual(['2020', '2021']);
    expect(report.run.idleCashRatio).toBeCloseTo(0.1, 12);
    expect(report.run.falls[0]?.depth).toBeCloseTo(-report.run.maximumDrawdown, 12);
    expect(report.confidence.trials).toBe(2);
  });

  it('counts more trials against the policy', () => {
    const few = reportOf(own, [], [0.01, 0.05], 'seed').confidence.deflatedSharpeRatio;
    const tried = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 0.01 : 0.05));
    const many = reportOf(own, [], tried, 'seed').confidence.deflatedSharpeRatio;
    expect(many).toBeLessThan(few ?? NaN);
  });

  it('is a page without scripts that shows names as they are', () => {
    const report = reportOf(own, [other], [0.05], 'seed');
    const html = reportHtml({ report, runs: [own, other], terms: ['Terms & conditions.'] });
    expect(html).toContain('own &lt;policy&gt;');
    expect(html).toContain('Terms &amp; conditions.');
    expect(html).not.toMatch(/<script|https?:|NaN|undefined/);
    expect(daysCsv([own]).split('\n')).toHaveLength(602);
  });
});

describe('the count of trials', () => {
  it('counts the same policy on the same ground once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trials-'));
    const { countTrial } = fileRecords(join(folder, 'deep'));
    const file = join(folder, 'deep', 'replay-trials.jsonl');
    const trial = { ground: 'g', policy: 'p', sharpeRatio: 0.1 };
    expect(await countTrial(trial)).toEqual([0.1]);
    expect(await countTrial(trial)).toEqual([0.1]);
    expect(await countTrial({ ...trial, policy: 'q', sharpeRatio: 0.05 })).toEqual([0.05, 0.1]);
    expect(await countTrial({ ...trial, ground: 'h' })).toEqual([0.1]);
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(3);
    await rm(folder, { recursive: true });
  });
});

describe('a policy document', () => {
  it('has defaults that people can trade on', () => {
    expect(parseReplayPolicy('weights: equal', 'p.yaml', 'USD')).toMatchObject({
      ...{ name: 'p.yaml', fill: 'next-open', shares: 'whole', capital: '25000', currency: 'USD' },
      schedule: { kind: 'first-of', period: 'month' },
      market: { publicationLagDays: 90, declaresSplits: false },
    });
  });

  it.each([
    ['weights: hope', 'p.weights', /one of equal/],
    ['weights: { fixed: { A: 0.7, B: 0.5 } }', 'p.weights', /at most 1 in sum/],
    ['weights: { fixed: { A: 7 } }', 'p.weights.fixed.A', /a fraction from 0 to 1/],
    ['weights: { inverseVolatility: { window: 1 } }', 'p.weights.inverseVolatility.window'],
    ['weights: equal\nschedule: { every: 0 }', 'p.schedule.every'],
    ['weights: equal\nschedule: sometimes', 'p.schedule'],
    ['weights: equal\nsettings: { FEES: 1 }', 'p.settings.FEES'],
    ['weights: equal\ncapital: -5', 'p.capital'],
    ['weights: equal\ncapital: 0', 'p.capital', /above 0/],
    ['weights: equal\ncapital: 10.123', 'p.capital', /more decimals than USD has/],
    ['weights: equal\ndeposit: { amount: 0, each: month }', 'p.deposit.amount', /above 0/],
    ['weights: equal\ndeposit: { amount: 0.005, each: month }', 'p.deposit.amount', /decimals/],
    ['weights: { fixed: {} }', 'p.weights', /a weight above 0/],
    ['weights: equal\nhorizon: 5', 'p.horizon', /is not known/],
    ['weights: equal\nsettings: { FEE_FIXED: -1 }', 'p.settings.FEE_FIXED', /never negative/],
    ['weights: equal\nsettings: { BROKER: alpaca }', 'p.settings.BROKER', /no effect in a replay/],
    ['weights: equal\nsettings: { BASE_CURRENCY: USD }', 'p.settings.BASE_CURRENCY', /as currency/],
    ['', 'p', /a policy is needed/],
    ['weights: [', 'p'],
  ])('%s is refused by its field', (text, field, says = /./) => {
    let found: unknown;
    try {
      parseReplayPolicy(text, 'p', 'USD');
    } catch (thrown) {
      found = thrown;
    }
    expect(JSON.stringify(found)).toContain('INVALID_REQUEST');
    expect(JSON.stringify((found as { facts: unknown }).facts)).toContain(`"${field}`);
    expect((found as Error).message).toMatch(says);
  });
});
