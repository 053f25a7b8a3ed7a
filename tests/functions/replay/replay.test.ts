import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Price } from '#shared/kernel/price.ts';
import { dailySharpe } from '#shared/replay/model/replay-report.ts';
import { figuresOf } from '#shared/replay/model/result-figures.ts';
import { runReplay } from '#shared/replay/run-replay.ts';
import type { ReplayPolicy } from '#shared/replay/replay-policy.ts';
import { daysFrom, ISINS, madeUpPast, policy } from './made-up-past.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

const DAYS = 160;
const days = daysFrom(DAYS);
const window = { from: days[30] ?? days[0], to: days[DAYS - 1] ?? days[0] } as {
  from: (typeof days)[number];
  to: (typeof days)[number];
};

describe('a replay', () => {
  test.each(['close', 'next-open', 'next-close'] as const)(
    'filled at the %s does not see the future: other prices later change nothing before',
    async (fill) => {
      const otherFrom = days[100] ?? window.to;
      const own: ReplayPolicy = { ...policy, fill, schedule: { kind: 'every', days: 7 } };
      const seed = `future-${fill}`;
      const [as, other] = await Promise.all([
        runReplay({
          handlers: replayedHandlers,
          past: madeUpPast({ seed, days: DAYS }),
          policy: own,
          window,
        }),
        runReplay({
          handlers: replayedHandlers,
          past: madeUpPast({ seed, days: DAYS, otherFrom }),
          policy: own,
          window,
        }),
      ]);
      const before = (run: typeof as) => run.days.filter(({ day }) => day < otherFrom);
      expect(before(other)).toEqual(before(as));
      expect(before(as).filter(({ decided }) => decided).length).toBeGreaterThan(5);
      expect(other.days.at(-1)?.value).not.toBe(as.days.at(-1)?.value);
    },
  );

  test('gives the same bytes for the same inputs', async () => {
    const past = madeUpPast({ seed: 'same', days: DAYS });
    const runs = [];
    for (let i = 0; i < 2; i += 1)
      runs.push(await runReplay({ handlers: replayedHandlers, past, policy, window }));
    expect(JSON.stringify(runs[1])).toBe(JSON.stringify(runs[0]));
  });

  test('fills at the next open, of which the decision knows nothing', async () => {
    const past = madeUpPast({ seed: 'open', days: DAYS });
    const own: ReplayPolicy = {
      ...policy,
      weights: { kind: 'equal' },
      schedule: { kind: 'once' },
      settings: { ...policy.settings, HALF_SPREAD_RATIO: '0', PAPER_SLIPPAGE_MAX_RATIO: '0' },
    };
    const { deposit: _none, ...without } = own;
    const run = await runReplay({ handlers: replayedHandlers, past, policy: without, window });
    const first = run.days[0];
    const opens = ISINS.map((isin, i) => {
      const bar = past.bars.get(isin)?.find(({ day }) => day === window.from);
      return (bar?.open ?? NaN) * Number(run.shares[`S${i}`]);
    });
    expect(first?.traded).toBeCloseTo(
      opens.reduce((a, b) => a + b, 0),
      6,
    );
  });

  test('pays dividends and carries out splits on their day', async () => {
    const [exDay, splitDay] = [days[60], days[90]];
    const [isin] = ISINS;
    if (!exDay || !splitDay || !isin) throw new Error('there are days and securities');
    const actions: readonly CorporateAction[] = [
      {
        actionId: 'd1',
        source: 'test',
        kind: 'dividend',
        isin,
        day: exDay,
        amount: Price.parse('1.5', 'EUR'),
      },
      {
        ...{ actionId: 's1', source: 'test', kind: 'split', isin, day: splitDay },
        ...{ newShares: Decimal.of(2), oldShares: Decimal.one },
      },
    ];
    const { deposit: _none, ...without } = policy;
    const own: ReplayPolicy = {
      ...without,
      weights: { kind: 'equal' },
      schedule: { kind: 'once' },
    };
    const past = madeUpPast({ seed: 'actions', days: DAYS });
    const plain = await runReplay({ handlers: replayedHandlers, past, policy: own, window });
    const paid = await runReplay({
      handlers: replayedHandlers,
      past: { ...past, actions: new Map([[isin, actions]]) },
      policy: own,
      window,
    });
    const held = Number(plain.shares['S0']);
    expect(Number(paid.shares['S0'])).toBe(2 * held);
    expect(Number(paid.cash) - Number(plain.cash)).toBeCloseTo(1.5 * held, 6);
    const at = (run: typeof paid, day: string) => run.days.find((one) => one.day === day)?.cash;
    expect(at(paid, days[59] ?? '')).toBe(at(plain, days[59] ?? ''));
    expect((at(paid, exDay) ?? 0) - (at(plain, exDay) ?? 0)).toBeCloseTo(1.5 * held, 6);
  });

  test('buys with deposits and sells nothing where the policy does not sell', async () => {
    const past = madeUpPast({ seed: 'hold', days: DAYS });
    const run = await runReplay({
      handlers: replayedHandlers,
      past,
      policy: { ...policy, weights: { kind: 'equal' }, sells: false },
      window,
    });
    const figures = figuresOf(run.days, run.capital, { periodsPerYear: 252, years: 'calendar' });
    expect(figures.deposits).toBe(3000);
    expect(figures.moneyWeightedReturn).toBeDefined();
    expect(dailySharpe({ ...run, name: '' })).not.toBe(0);
    expect(run.days.every(({ refusals }) => refusals.length === 0)).toBe(true);
  });

  test('refuses a window without days, and a rule without its history', async () => {
    const past = madeUpPast({ seed: 'none', days: DAYS });
    const early = { from: days[0] ?? window.from, to: window.to };
    await expect(
      runReplay({ handlers: replayedHandlers, past, policy, window: early }),
    ).rejects.toMatchObject({
      facts: { rule: 'history-missing' },
    });
    const none = { from: window.to.replace('20', '21') as typeof window.to, to: window.to };
    await expect(
      runReplay({ handlers: replayedHandlers, past, policy, window: none }),
    ).rejects.toMatchObject({
      facts: { rule: 'no-days' },
    });
  });
});
