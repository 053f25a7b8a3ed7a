/**
 * Rows of replays that are drawn by seed, with the values of a plain loop that is written from the conventions of the
 * rows alone: whatever a row combines, the handlers of production come to the same.
 */
import { addDays, isWeekend, parseDay } from '#shared/kernel/calendar-day.ts';
import { integerBelow, normal, seededRandom, type Random } from '#shared/kernel/random.ts';
import { replayRows } from '../../scripts/anchors/replay/replay-rows.ts';
import { replayWords } from '../../scripts/anchors/replay/replay-words.ts';
import { evaluateLater } from '../../scripts/anchors/evaluate.ts';
import type { AnchorRow } from '../../scripts/anchors/rows/anchor-row.ts';

const SEED = 'drawn-replays';
const ROWS = 14;
const NAMES = ['S1', 'B2', 'Q500', 'A4', 'Z'];
const DAYS: string[] = [];
for (let day = parseDay('2019-10-01'); DAYS.length < 75; day = addDays(day, 1))
  if (!isWeekend(day)) DAYS.push(day);

interface Drawn {
  readonly prices: readonly (readonly number[])[];
  readonly first: number;
  readonly last: number;
  readonly weights: readonly number[] | undefined;
  readonly window: number;
  readonly code: string;
  readonly band: readonly [number, number] | null;
  readonly isWhole: boolean;
  readonly fee: { readonly fixed: number; readonly ratio: number };
  readonly deposit: number;
  readonly capital: number;
}

function pick<T>(random: Random, ...of: readonly T[]): T {
  return of[integerBelow(random, of.length)] as T;
}

function drawn(random: Random): Drawn {
  const count = 1 + integerBelow(random, NAMES.length);
  const prices = Array.from({ length: count }, (_, i) => {
    let price = 5 * 3 ** i;
    return DAYS.map(() => Number((price *= 1 + 0.0005 + 0.015 * normal(random)).toFixed(4)));
  });
  const isWhole = pick(random, true, true, false);
  const window = pick(random, 0, 0, 3, 20);
  const raw = prices.map(() => integerBelow(random, 4));
  const sum = raw.reduce((a, b) => a + b, 0) || 1;
  const fixed = raw.map((one) => Math.floor((one / sum) * 900) / 1000);
  return {
    ...{ prices, window, isWhole, first: 25, last: DAYS.length - 1 - integerBelow(random, 10) },
    weights:
      window === 0 && raw.some((one) => one > 0) && pick(random, true, false) ? fixed : undefined,
    code: pick(random, 'once', 'weekly', 'monthly', 'quarterly', 'yearly', 'every:7', 'daily'),
    band: pick(random, [0.05, 0.25] as const, [0.01, 1] as const, [1, 0.1] as const),
    fee: isWhole
      ? pick(random, { fixed: 2, ratio: 0.002 }, { fixed: 0, ratio: 0.01 })
      : { fixed: 0, ratio: 0 },
    deposit: pick(random, 0, 0, 500, 250.5),
    capital: pick(random, 10_000, 25_000, 123_456.78, 50_000_000),
  };
}

const periods: Readonly<Record<string, (day: string) => string>> = {
  weekly: (day) => String(Math.floor((Date.parse(day) / 86_400_000 + 3) / 7)),
  monthly: (day) => day.slice(0, 7),
  quarterly: (day) => `${day.slice(0, 4)}-${Math.floor((Number(day.slice(5, 7)) - 1) / 3)}`,
  yearly: (day) => day.slice(0, 4),
};

function isDue({ code, first, last }: Drawn, at: number): boolean {
  if (at === first || code === 'daily') return true;
  if (code === 'once' || at === last) return false;
  if (code.startsWith('every:')) return (at - first) % Number(code.slice(6)) === 0;
  const period = periods[code];
  return period?.(DAYS[at] ?? '') !== period?.(DAYS[at - 1] ?? '');
}

function targetsOf({ prices, weights, window }: Drawn, at: number): readonly number[] {
  if (weights) return weights;
  if (window === 0) return prices.map(() => 1 / prices.length);
  const inverses = prices.map((column) => {
    const returns = Array.from({ length: window }, (_, k) => {
      const day = at - window + k;
      return (column[day] ?? NaN) / (column[day - 1] ?? NaN) - 1;
    });
    const mean = returns.reduce((a, b) => a + b, 0) / window;
    return Math.sqrt((window - 1) / returns.reduce((a, b) => a + (b - mean) * (b - mean), 0));
  });
  const sum = inverses.reduce((a, b) => a + b, 0);
  return inverses.map((one) => one / sum);
}

function traded(
  { isWhole, fee }: Drawn,
  amount: number,
  price: number,
  held: number,
  target: number,
) {
  if (target === 0) return -held;
  if (!isWhole) return amount / price;
  return amount >= 0
    ? Math.max(0, Math.floor((amount - fee.fixed) / (price * (1 + fee.ratio))))
    : -Math.min(held, Math.ceil((fee.fixed - amount) / (price * (1 - fee.ratio))));
}

/** By the conventions. */
function plainLoop(of: Drawn) {
  const { prices, first, last, code, band, fee, deposit, capital } = of;
  const held = prices.map(() => 0);
  let [cash, before, index, top, fall] = [capital, capital, 1, 1, 0];
  let [orders, decisions, costs, turnover, deposits] = [0, 0, 0, 0, 0];
  for (let at = first; at <= last; at += 1) {
    const price = prices.map((column) => column[at] ?? NaN);
    const worth = () => held.reduce((sum, one, i) => sum + one * (price[i] ?? NaN), cash);
    const isPaid =
      at > first &&
      periods['monthly']?.(DAYS[at] ?? '') !== periods['monthly']?.(DAYS[at - 1] ?? '');
    const paid = isPaid ? deposit : 0;
    cash += paid;
    deposits += paid;
    const value = worth();
    const targets = isDue(of, at) ? targetsOf(of, at) : [];
    const isOff = (target: number, i: number): boolean =>
      Math.abs(((held[i] ?? 0) * (price[i] ?? 0)) / value - target) >
      Math.min(band?.[0] ?? 0, (band?.[1] ?? 0) * target);
    const trades = targets.length > 0 && (code !== 'daily' || at === first || targets.some(isOff));
    let moved = 0;
    if (trades) decisions += 1;
    for (const [i, target] of trades ? targets.entries() : []) {
      const [each = NaN, own = NaN] = [price[i], held[i]];
      const shares = traded(of, target * value - own * each, each, own, target);
      if (shares === 0) continue;
      const cost = fee.fixed + fee.ratio * Math.abs(shares) * each;
      held[i] = own + shares;
      cash -= shares * each + cost;
      orders += 1;
      costs += cost;
      moved += Math.abs(shares) * each;
    }
    const after = worth();
    index *= (after - paid) / before;
    before = after;
    top = Math.max(top, index);
    fall = Math.min(fall, index / top - 1);
    turnover += moved / 2 / after;
  }
  const figures = {
    final_value: before,
    total_return: index - 1,
    max_drawdown: fall,
    costs,
    orders,
  };
  const all = { ...figures, turnover_one_sided: turnover, rebalancings: decisions };
  return deposit > 0 ? { ...all, deposits } : all;
}

const TEXTS: Readonly<Record<string, string>> = {
  once: 'first day only',
  'every:7': 'first day, then every 7 trading days',
};

function rowOf(of: Drawn, name: string, conventions: unknown): AnchorRow {
  const { prices, weights, window, code, band, isWhole, fee, deposit, capital } = of;
  const assets = NAMES.slice(0, prices.length);
  const period = {
    weekly: 'week',
    monthly: 'month',
    quarterly: 'calendar quarter',
    yearly: 'year',
  }[code];
  const [first_day, last_day] = [DAYS[of.first], DAYS[of.last]];
  const inverse = `1/s over sum of 1/s; s = standard deviation (ddof 1) of the ${window} daily simple returns whose last one ends at the close BEFORE the trading day`;
  const daily = `every day the weights at the close are looked at; trade back to the targets when for any asset |w - t| > min(${band?.[0]}, ${band?.[1]} t)`;
  const regular =
    TEXTS[code] ??
    `first day of the run, then first trading day of each ${period} (never on the last day of the run)`;
  const rule = window > 0 ? { kind: 'inverse_volatility', window } : { kind: 'equal' };
  const given = weights && assets.map((asset, i) => `${asset} ${weights[i]}`).join(', ');
  return {
    ...{
      case: name,
      operation: 'replay of a fixed rule',
      inputs: { prices: 'public/data/drawn.csv' },
    },
    parameters: {
      ...{ first_day, last_day, days: of.last - of.first + 1, assets, capital, conventions },
      ...{
        schedule_code: code,
        schedule: code === 'daily' ? daily : regular,
        periods_per_year: 252,
      },
      weights: given ? `fixed ${given}` : window > 0 ? inverse : '1/n each',
      rule: given ? { kind: 'fixed', weights } : rule,
      shares: isWhole ? 'whole' : 'fractional',
      fee: {
        ...fee,
        formula: 'fixed + ratio*|q|*p for each order with q != 0, else 0; not rounded',
      },
      band: code === 'daily' ? band : null,
      deposit:
        deposit === 0
          ? null
          : {
              amount: deposit,
              when: 'first trading day of each month, not on the first day of the run',
              order: 'credited at the close, before the decision of that day',
            },
    },
    expected: plainLoop(of),
    tolerance: { rel: 1e-9, abs: 1e-7 },
  };
}

const random = seededRandom(SEED);
const all = Array.from({ length: ROWS }, (_, i) => [`${SEED}-${i}`, drawn(random)] as const);

test.each(all)('the drawn row %s is what a plain loop makes of it', async (name, of) => {
  const row = rowOf(of, name, replayWords.phrases['conventions']?.join(' '));
  const assets = NAMES.slice(0, of.prices.length);
  const table = [
    ['Date', ...assets],
    ...DAYS.map((day, at) => [day, ...of.prices.map((column) => String(column[at]))]),
  ];
  const files = { table: () => table, text: () => '' };
  const { verdict, reason } = await evaluateLater(row, replayRows, files);
  expect([verdict, reason]).toEqual(['passed', '']);
});
