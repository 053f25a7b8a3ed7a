/** Discrete planning instances drawn from a seed, in the form of the published ones. */
import { integerBelow, normal, seededRandom, type Random } from '#shared/kernel/random.ts';
import type { Instance } from '../../../scripts/anchors/trade-planning.ts';

export interface DrawnSize {
  readonly securities: number;
  /** Lots are so many times smaller than the usual 0.2 to 6 % of the value. */
  readonly fineness?: number;
}

export function drawnInstance(seed: string, { securities: n, fineness = 1 }: DrawnSize): Instance {
  const random = seededRandom(seed);
  const value = 1_000_000 * (1 + integerBelow(random, 10));
  const lot = many(n, () => pick(random, [1, 1, 1, 10, 10, 100]));
  const price = lot.map((shares) => {
    const worth = (value * (0.002 + 0.06 * random() ** 1.5)) / fineness;
    return Math.max(1, Math.round(worth / shares));
  });
  const invested = random() * value;
  const shares = portions(random, n, 0.5);
  const holding = price.map((p, i) => Math.floor((invested * (shares[i] ?? 0)) / p));
  const held = price.reduce((sum, p, i) => sum + p * (holding[i] ?? 0), 0);
  const cashTarget = pick(random, [0, 0.02, 0.05, 0.1]);
  const target = portions(random, n, 0.75).map((share) => round4((1 - cashTarget) * share));
  return {
    ...{ id: seed, price, lot, holding, cash: value - held, V0: value, target },
    target_cash: round4(1 - target.reduce((a, b) => a + b, 0)),
    cost: {
      fee_fixed: pick(random, [0, 99, 495, 995]),
      fee_bps: pick(random, [2, 5, 10, 25]),
      sell_tax_bps: pick(random, [0, 0, 10, 50]),
    },
    constraints: constraintsOf(random, n, value),
    cost_weight: pick(random, [1, 2, 5]),
    ...momentsOf(random, n),
    risk_aversion: pick(random, [2, 4, 8]),
    cost_amortisation: pick(random, [0.5, 1]),
  };
}

function constraintsOf(random: Random, n: number, value: number): Instance['constraints'] {
  const sometimes = (chance: number, limit: () => object): object =>
    random() < chance ? limit() : {};
  return {
    min_cash: pick(random, [0, 0.01 * value]),
    ...sometimes(0.5, () => ({ max_weight: Math.max(3 / n, 0.3) })),
    ...sometimes(0.5, () => ({ max_turnover: Math.round(20 + 60 * random()) / 100 })),
    ...sometimes(0.6, () => ({
      min_order_value: Math.round((value / n) * (0.2 + 0.4 * random())),
    })),
    ...sometimes(0.6, () => ({
      max_orders: Math.max(2, Math.round(n * (0.25 + 0.4 * random()))),
    })),
    ...sometimes(0.3, () => ({ no_trade: [integerBelow(random, n)] })),
    ...sometimes(0.3, () => ({ sell_only: [integerBelow(random, n)] })),
  };
}

/** One factor; a security of more risk returns more, more or less. */
function momentsOf(random: Random, n: number): { mu: readonly number[]; cov: number[][] } {
  const sd = many(n, () => 0.1 + 0.35 * random());
  const beta = many(n, () => 0.3 + 0.6 * random());
  const product = (i: number, j: number) => (beta[i] ?? 0) * (beta[j] ?? 0);
  return {
    mu: sd.map((s) => 0.02 + 0.3 * s + 0.04 * normal(random)),
    cov: sd.map((a, i) => sd.map((b, j) => a * b * (i === j ? 1 : product(i, j)))),
  };
}

function portions(random: Random, n: number, chance: number): readonly number[] {
  const raw = many(n, () => (random() < chance ? random() : 0));
  const sum = raw.reduce((a, b) => a + b, 0) || 1;
  return raw.map((one) => one / sum);
}

function many(n: number, draw: () => number): readonly number[] {
  return Array.from({ length: n }, draw);
}

function pick(random: Random, from: readonly number[]): number {
  return from[integerBelow(random, from.length)] ?? 0;
}

function round4(x: number): number {
  return Math.round(x * 1e4) / 1e4;
}
