/** Whatever decides: what is known later changes nothing before, be it prices, actions or fundamentals. */
import { addDays, parseDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Past } from '#shared/replay/past.ts';
import { runReplay, type ReplayRun } from '#shared/replay/run-replay.ts';
import type { ReplayPolicy } from '#shared/replay/replay-policy.ts';
import { daysFrom, ISINS, madeUpPast, policy } from './made-up-past.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

const DAYS = 110;
const days = daysFrom(DAYS);
const dayAt = (index: number) => days[index] ?? days[0] ?? parseDay('2019-01-02');
const [from, to, otherFrom] = [dayAt(60), dayAt(DAYS - 1), dayAt(90)];
const window = { from, to };

const run = (past: Past, own: ReplayPolicy): Promise<ReplayRun> =>
  runReplay({ handlers: replayedHandlers, past, policy: own, window });
const before = ({ days: all }: ReplayRun) => all.filter(({ day }) => day < otherFrom);

/** A split and a dividend of the first two securities, on a day and paid later. */
function withActions(past: Past): Past {
  const [split, paying] = ISINS;
  if (!split || !paying) throw new Error('there are securities');
  const common = { day: otherFrom, source: 'file' } as const;
  const shares = { newShares: Decimal.parse('2'), oldShares: Decimal.one };
  const actions: readonly CorporateAction[] = [
    { ...common, actionId: 'split', kind: 'split', isin: split, ...shares },
    {
      ...common,
      actionId: 'paid',
      kind: 'dividend',
      isin: paying,
      amount: Price.parse('1', 'EUR'),
    },
  ];
  return { ...past, actions: new Map(actions.map((action) => [action.isin, [action]])) };
}

/** Published on the day from which all is another. */
function withFundamentals(past: Past, { market }: ReplayPolicy): Past {
  const asOf = addDays(otherFrom, -market.publicationLagDays);
  const figures = { asOf, peRatio: 5, profitMarginRatio: 0.4, returnOnEquityRatio: 0.5 };
  return { ...past, fundamentals: new Map(ISINS.map((isin) => [isin, figures])) };
}

describe.each([
  ['equal weights', { kind: 'equal' }],
  ['fixed weights', { kind: 'fixed', weights: { S0: 0.5, S1: 0.2, S2: 0.1 } }],
  ['inverse volatility', { kind: 'inverse-volatility', window: 20 }],
  [
    'minimum variance',
    { kind: 'minimum-variance', window: 30, cap: 0.6, covariance: 'ledoit-wolf' },
  ],
  ['the planner', { kind: 'planner' }],
] as const)('%s', (name, weights) => {
  const own: ReplayPolicy = {
    ...policy,
    ...{ weights, schedule: { kind: 'every', days: 6 } },
    band: name === 'equal weights' ? { absolute: 0.01, relative: 0.05 } : undefined,
  };
  const past = madeUpPast({ seed: `ahead-${name}`, days: DAYS });

  test('decides by what is known', async () => {
    const as = await run(past, own);
    expect(as.days.filter(({ orders }) => orders > 0).length).toBeGreaterThan(1);
    const others = [
      madeUpPast({ seed: `ahead-${name}`, days: DAYS, otherFrom }),
      withActions(past),
      withFundamentals(past, own),
    ];
    for (const other of others) expect(before(await run(other, own))).toEqual(before(as));
    const split = await run(withActions(past), own);
    expect(split.days.at(-1)?.value).not.toBe(as.days.at(-1)?.value);
  });
});
