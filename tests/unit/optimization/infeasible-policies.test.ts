/**
 * Random policies that nothing satisfies: the set that is named cannot hold, without any one of it it can, and the one
 * change that is named mends it. Judged from the sentences alone, by trying every choice of what is held.
 */
import { isinCheckDigit, parseIsin } from '#shared/kernel/isin.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import { allocate, type RequestedGoal } from '#shared/optimization/model/allocate.ts';
import type { AllocationLimits } from '#shared/optimization/model/constraints.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { isFeasible } from '#shared/quant/solvers/quadratic.ts';

const N = 5;
const SECTORS = ['Energy', 'Health'];

interface Drawn {
  readonly moments: Moments;
  readonly limits: AllocationLimits;
  readonly goal: RequestedGoal;
}

function drawn(seed: string): Drawn {
  const random = seededRandom(seed);
  const isins = Array.from({ length: N }, (_, i) => {
    const body = `XS${String(i).padStart(9, '0')}`;
    return parseIsin(`${body}${isinCheckDigit(body)}`);
  });
  const covariance = isins.map((_, i) =>
    Float64Array.from(isins, (__, j) => (i === j ? 0.05 : 0.01)),
  );
  const expected = Float64Array.from(isins, () => 0.02 + 0.06 * random());
  const sometimes = <T>(ratio: number, of: T): T | undefined => (random() < ratio ? of : undefined);
  const hundredths = (most: number): number => integerBelow(random, most) / 100;
  const securities = isins.map((isin, i) => ({
    ...{ isin, symbol: `S${i}`, currentWeight: 0 },
    sector: SECTORS[integerBelow(random, 2)],
    minWeight: sometimes(0.6, 0.02 + hundredths(35)),
  }));
  const limits: AllocationLimits = {
    ...{ securities, frozenWeight: 0, weightMaxRatio: 0.1 + hundredths(40) },
    cashReserveRatio: hundredths(60),
    ...{ sectorLimits: new Map(), countryLimits: new Map() },
    ...{ sectorMaxRatio: 0.1 + hundredths(50), countryMaxRatio: 1 },
    countMax: sometimes(0.5, 1 + integerBelow(random, 3)),
    sizeMin: sometimes(0.4, 0.05 + hundredths(50)),
  };
  return { moments: { isins, expected, covariance }, limits, goal: goalOf(random) };
}

function goalOf(random: Random): RequestedGoal {
  return random() < 0.3
    ? { kind: 'TARGET_RETURN', returnMin: 0.02 + integerBelow(random, 8) / 100 }
    : { kind: 'MINIMUM_VOLATILITY' };
}

interface Ask {
  readonly rows: readonly LinearRow[];
  readonly countMax: number;
  readonly sizeMin: number;
}

/** What a sentence asks for; `by` in the unit of the limit, towards less. */
function askOf(words: string, { limits, moments }: Drawn, by = 0): Ask {
  const { securities } = limits;
  const figure = Number(/(\d+(\.\d+)?) %/.exec(words)?.[1]) / 100;
  const rowsOf = (coefficients: Float64Array, relation: '<=' | '>=', bound: number) => ({
    ...{ rows: [{ coefficients, relation, bound }], countMax: N, sizeMin: 0 },
  });
  const among = (holds: (i: number) => boolean) =>
    Float64Array.from(securities, (_, i) => (holds(i) ? 1 : 0));
  const least = /^(S\d) takes at least/.exec(words)?.[1];
  const sector = /^sector (\w+) takes at most/.exec(words)?.[1];
  const count = /^there are at most (\d+) positions/.exec(words)?.[1];
  if (least)
    return rowsOf(
      among((i) => securities[i]?.symbol === least),
      '>=',
      figure - by,
    );
  if (sector)
    return rowsOf(
      among((i) => securities[i]?.sector === sector),
      '<=',
      figure + by,
    );
  if (count) return { rows: [], countMax: Number(count), sizeMin: 0 };
  if (words.startsWith('no position is smaller'))
    return { rows: [], countMax: N, sizeMin: figure - by };
  if (words.startsWith('securities take at most'))
    return rowsOf(
      among(() => true),
      '<=',
      figure + by,
    );
  if (words.startsWith('the implied return is at least'))
    return rowsOf(Float64Array.from(moments.expected), '>=', figure - by);
  expect(words).toMatch(/^no security takes more than/);
  const rows = securities.map((_, i): LinearRow => {
    return { coefficients: unit(N, i), relation: '<=', bound: figure + by };
  });
  return { rows, countMax: N, sizeMin: 0 };
}

/** Tries every choice of what is held. */
function canHold(asks: readonly Ask[], isOnlyInvested: boolean): boolean {
  const countMax = Math.min(N, ...asks.map((ask) => ask.countMax));
  const sizeMin = Math.max(0, ...asks.map((ask) => ask.sizeMin));
  const rows = asks.flatMap((ask) => ask.rows);
  for (let held = isOnlyInvested ? 1 : 0; held < 2 ** N; held += 1) {
    const isHeld = (i: number) => ((held >> i) & 1) === 1;
    const count = [...Array(N).keys()].filter(isHeld).length;
    if (count > countMax) continue;
    const sides = [...Array(N).keys()].flatMap((i): LinearRow[] => [
      { coefficients: unit(N, i), relation: '>=', bound: isHeld(i) ? sizeMin : 0 },
      ...(isHeld(i) ? [] : [{ coefficients: unit(N, i), relation: '<=' as const, bound: 0 }]),
    ]);
    if (isFeasible(N, [...rows, ...sides])) return true;
  }
  return false;
}

describe('a policy that nothing satisfies', () => {
  it('names a set that cannot hold, nothing too much in it, and a change that mends it', () => {
    let [infeasible, whole] = [0, 0];
    for (let k = 0; k < 80; k += 1) {
      const seed = `infeasible ${k}`;
      const policy = drawn(seed);
      const { status, conflicts, mend } = allocate(policy.goal, policy.moments, policy.limits);
      // A smallest size that no security may reach is in conflict with whatever keeps it from that.
      const isInvested = conflicts.some((words) => words.startsWith('no position is smaller'));
      const holds = (words: readonly string[]) =>
        canHold(
          words.map((one) => askOf(one, policy)),
          isInvested && words.some((one) => one.startsWith('no position is smaller')),
        );
      if (status !== 'infeasible') continue;
      infeasible += 1;
      expect([seed, conflicts, holds(conflicts)]).toEqual([seed, conflicts, false]);
      for (const one of conflicts)
        expect([seed, one, holds(conflicts.filter((other) => other !== one))]).toEqual([
          ...[seed, one, true],
        ]);
      expect([seed, mend]).toEqual([
        seed,
        expect.stringMatching(/^(It|For these it) would do to /),
      ]);
      if (!mend.startsWith('It')) {
        const change = changeIn(mend);
        const asks = conflicts.map((one) =>
          mend.includes(one)
            ? { ...askOf(one, policy, change.by), ...change.count }
            : askOf(one, policy),
        );
        expect([seed, mend, canHold(asks, isInvested)]).toEqual([seed, mend, true]);
        continue;
      }
      whole += 1;
      expect([seed, mend, isMendedBy(mend, policy)]).toEqual([seed, mend, true]);
    }
    expect(infeasible).toBeGreaterThan(30);
    expect(whole).toBeGreaterThan(20);
    expect(infeasible - whole).toBeGreaterThan(20);
  });
});

/** How much is loosened, or how many positions are allowed. */
function changeIn(mend: string) {
  const by = Number(/loosen by (\S+) percentage points/.exec(mend)?.[1] ?? 0) / 100;
  const most = /allow (\d+) positions/.exec(mend)?.[1];
  return { by, count: most === undefined ? {} : { countMax: Number(most) } };
}

/** All limits again, with the one change. */
function isMendedBy(mend: string, { moments, limits, goal }: Drawn): boolean {
  const [, points, words] = /loosen by (\S+) percentage points that (.*)\.$/.exec(mend) ?? [];
  expect(mend).not.toContain('leave out');
  const by = Number(points) / 100;
  const count = /allow (\d+) positions/.exec(mend)?.[1];
  const least = /^(S\d) takes at least/.exec(words ?? '')?.[1];
  const sector = /^sector (\w+)/.exec(words ?? '')?.[1];
  const changed = (change: Partial<AllocationLimits>, to: RequestedGoal = goal): boolean =>
    allocate(to, moments, { ...limits, ...change }).status !== 'infeasible';
  if (count) return changed({ countMax: Number(count) });
  if (least)
    return changed({
      securities: limits.securities.map((one) =>
        one.symbol === least
          ? { ...one, minWeight: Number(((one.minWeight ?? 0) - by).toFixed(9)) }
          : one,
      ),
    });
  if (sector) return changed({ sectorLimits: new Map([[sector, limits.sectorMaxRatio + by]]) });
  if (words?.startsWith('no position is smaller'))
    return changed({ sizeMin: Math.max(0, (limits.sizeMin ?? 0) - by) });
  if (words?.startsWith('securities take'))
    return changed({ cashReserveRatio: Math.max(0, limits.cashReserveRatio - by) });
  if (words?.startsWith('no security takes'))
    return changed({ weightMaxRatio: limits.weightMaxRatio + by });
  if (words?.startsWith('the implied return') && goal.kind === 'TARGET_RETURN')
    return changed({}, { ...goal, returnMin: goal.returnMin - by });
  return false;
}
