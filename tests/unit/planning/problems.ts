/** Planning problems for tests: drawn from a seed, whole in every part. */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { integerBelow, normal, seededRandom, type Random } from '#shared/kernel/random.ts';
import type { PlanLimits } from '#shared/planning/model/plan-limits.ts';
import type { Instrument, PlanningProblem } from '#shared/planning/model/problem.ts';

export const eur = parseCurrency('EUR');
const usd = parseCurrency('USD');
const day = parseDay('2026-03-02');

export function euros(amount: string): Money {
  return Money.parse(amount, 'EUR');
}

export function limits(changes: Partial<PlanLimits> = {}): PlanLimits {
  return {
    riskAversion: 5,
    costs: {
      feeFixed: Decimal.parse('2'),
      feeRatio: 0.002,
      exchangeFeeRatio: 0,
      halfSpreadRatio: 0.0005,
      sellTaxRatio: 0,
    },
    cashReserveRatio: 0.02,
    minimumOrder: euros('250'),
    orderMaxRatio: 0.25,
    ordersMax: 12,
    turnoverMaxRatio: 1.2,
    weightMaxRatio: 0.15,
    sectorMaxRatio: 0.4,
    countryMaxRatio: 0.7,
    positionsMax: Infinity,
    frozen: new Set(),
    sellOnly: new Set(),
    quoteAgeDaysMax: 5,
    noSells: false,
    depth: 4,
    marginRatio: 0.0005,
    monthlyDeposit: euros('0'),
    ...changes,
  };
}

export function testIsin(index: number): Isin {
  const body = `XS${String(index).padStart(9, '0')}`;
  return parseIsin(`${body}${isinCheckDigit(body)}`);
}

export function instrument(index: number, changes: Partial<Instrument> = {}): Instrument {
  return {
    isin: testIsin(index),
    symbol: `S${index}`,
    sector: undefined,
    country: undefined,
    lot: Decimal.one,
    price: Price.parse('50', 'EUR'),
    pricedOn: day,
    rate: { from: eur, to: eur, rate: Decimal.one, day },
    held: Decimal.zero,
    locked: Decimal.zero,
    target: 0,
    dividends: 0,
    ...changes,
  };
}

export interface Drawn {
  readonly securities: number;
  readonly cash: string;
  /** Share of the securities that are held already. */
  readonly heldRatio: number;
  readonly limits?: Partial<PlanLimits>;
}

/** Securities of three sectors and two countries that move with a market factor. */
export function drawnProblem(seed: string | number, drawn: Drawn): PlanningProblem {
  const random = seededRandom(seed);
  const { securities: n } = drawn;
  const beta = Array.from({ length: n }, () => 0.5 + random());
  const own = Array.from({ length: n }, () => 0.1 + 0.25 * random());
  const covariance = beta.map((b, i) =>
    Float64Array.from(beta, (c, j) => 0.0225 * b * c + (i === j ? (own[i] ?? 0) ** 2 : 0)),
  );
  const expected = Float64Array.from(beta, (b) => 0.02 + 0.04 * b + 0.03 * normal(random));
  const targets = drawnTargets(random, n);
  const instruments = targets.map((target, i) => drawnInstrument(random, i, target, drawn));
  return {
    ...{ day, base: eur, cash: euros(drawn.cash), reserved: euros('0'), unpriced: [] },
    live: new Set(),
    instruments,
    moments: { isins: instruments.map(({ isin }) => isin), expected, covariance },
    limits: limits(drawn.limits),
  };
}

function drawnTargets(random: Random, n: number): readonly number[] {
  const raw = Array.from({ length: n }, () => (random() < 0.6 ? random() : 0));
  const sum = raw.reduce((a, b) => a + b, 0) || 1;
  return raw.map((weight) => Math.min(0.15, (0.98 * weight) / sum));
}

function drawnInstrument(random: Random, i: number, target: number, drawn: Drawn): Instrument {
  const foreign = random() < 0.3;
  const price = (5 + 200 * random() ** 2).toFixed(2);
  const held = random() < drawn.heldRatio ? 1 + integerBelow(random, 40) : 0;
  return instrument(i, {
    target,
    sector: ['Technology', 'Health', 'Energy'][integerBelow(random, 3)],
    country: ['DE', 'US'][integerBelow(random, 2)],
    lot: Decimal.of(random() < 0.1 ? 10 : 1),
    price: Price.parse(price, foreign ? 'USD' : 'EUR'),
    rate: foreign
      ? { from: usd, to: eur, rate: Decimal.parse('0.9137'), day }
      : { from: eur, to: eur, rate: Decimal.one, day },
    held: Decimal.of(held),
    unitCost: held > 0 ? Number(price) * (0.6 + 0.7 * random()) : undefined,
  });
}

/**
 * A fresh account and 40 securities whose expected returns are nearly those that make a portfolio of
 * all of them the best: the limit of 12 orders binds, and many choices of 12 are nearly as good.
 */
export function crowdedProblem(
  seed: string,
  cash: number,
  changes: Partial<PlanLimits> = {},
): PlanningProblem {
  const [n, random] = [40, seededRandom(seed)];
  const stated = { positionsMax: 12, countryMaxRatio: 1, ...changes };
  const drawn = { securities: n, cash: String(cash), heldRatio: 0, limits: stated };
  const base = drawnProblem(seed, drawn);
  const draw = (of: () => number) => Array.from({ length: n }, of);
  const [beta, own] = [draw(() => 0.6 + 0.8 * random()), draw(() => 0.12 + 0.2 * random())];
  const sector = draw(() => integerBelow(random, 8));
  const covariance = beta.map((b, i) =>
    Float64Array.from(beta, (c, j) => {
      const shared = sector[i] === sector[j] ? 0.006 : 0;
      return 0.0225 * b * c + shared + (i === j ? (own[i] ?? 0) ** 2 : 0);
    }),
  );
  const raw = draw(() => 0.3 + random());
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((weight) => weight / total);
  const expected = Float64Array.from(covariance, (row) => {
    const risk = row.reduce((sum, x, j) => sum + x * (weights[j] ?? 0), 0);
    return base.limits.riskAversion * risk + 0.003 * normal(random);
  });
  const instruments = base.instruments.map((one, i) => ({
    ...{ ...one, lot: Decimal.one },
    target: 0.98 * (weights[i] ?? 0),
  }));
  return { ...base, instruments, moments: { ...base.moments, expected, covariance } };
}
