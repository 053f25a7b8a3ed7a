import { normal, seededRandom } from '#shared/kernel/random.ts';
import { at, sum } from '#shared/quant/linear-algebra/matrix.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import {
  conditionalDrawdownRisk,
  cvar,
  riskOf,
  semideviation,
  type TailRisk,
} from '#shared/quant/allocation/scenario-risk.ts';
import {
  leastTailRisk,
  mostTailUtility,
  tailEfficientReturn,
  tailEfficientRisk,
  type TailProgram,
} from '#shared/quant/allocation/tail-risk-program.ts';

function scenarios(seed: string, securities = 5, periods = 80): TailProgram {
  const random = seededRandom(seed);
  const columns = Array.from({ length: securities }, (_, i) =>
    Float64Array.from({ length: periods }, () => 0.0005 * i + (0.005 + 0.004 * i) * normal(random)),
  );
  const all: LinearRow = {
    coefficients: new Float64Array(securities).fill(1),
    relation: '=',
    bound: 1,
  };
  const low = columns.map((_, i): LinearRow => ({
    coefficients: unit(securities, i),
    relation: '>=',
    bound: 0,
  }));
  return {
    scenarios: columns,
    expected: Float64Array.from(columns, (column) => sum(column) / periods),
    variables: securities,
    rows: [all, ...low],
  };
}

const risks: [string, TailRisk][] = [
  ['conditional value at risk', cvar(0.9)],
  ['conditional drawdown', conditionalDrawdownRisk(0.9)],
  ['semideviation', semideviation()],
  ['mean absolute deviation', { series: 'deviation', measure: 'mean' }],
  ['worst loss', { series: 'loss', measure: 'largest' }],
  ['largest drawdown', { series: 'drawdown', measure: 'largest' }],
  ['mean drawdown', { series: 'drawdown', measure: 'mean' }],
  ['ulcer index', { series: 'drawdown', measure: 'root-mean-square' }],
];

function randomWeights(random: () => number, size: number): Float64Array {
  const raw = Float64Array.from({ length: size }, () => random() ** 3);
  return raw.map((value) => value / sum(raw));
}

describe('riskOf', () => {
  const one = [Float64Array.from([0.01, -0.02, 0.03, -0.04])];
  const all = Float64Array.from([1]);

  it('counts losses as positive, by hand', () => {
    expect(riskOf(one, all, cvar(0.5))).toBeCloseTo(0.03, 12);
    expect(riskOf(one, all, cvar(0.625))).toBeCloseTo((0.04 + 0.5 * 0.02) / 1.5, 12);
    expect(riskOf(one, all, semideviation())).toBeCloseTo(Math.sqrt((0.0004 + 0.0016) / 4), 12);
    expect(riskOf(one, all, { series: 'drawdown', measure: 'largest' })).toBeCloseTo(0.04, 12);
    expect(riskOf(one, all, { series: 'drawdown', measure: 'mean' })).toBeCloseTo(0.06 / 4, 12);
    expect(riskOf(one, all, { series: 'deviation', measure: 'mean' })).toBeCloseTo(0.025, 12);
  });
});

describe.each(risks)('least %s', (_name, risk) => {
  const program = scenarios('least');

  it('is below that of every other portfolio', () => {
    const best = leastTailRisk(program, risk);
    expect(best?.kktResidual).toBeLessThan(1e-9);
    expect(sum(best?.weights ?? [])).toBeCloseTo(1, 9);
    expect(Math.min(...(best?.weights ?? []))).toBeGreaterThan(-1e-9);
    const random = seededRandom('rivals');
    for (let k = 0; k < 400; k += 1) {
      const near = random();
      const other = randomWeights(random, 5).map(
        (value, i) => near * value + (1 - near) * at(best?.weights ?? [], i),
      );
      expect(riskOf(program.scenarios, other, risk)).toBeGreaterThan((best?.risk ?? NaN) - 1e-10);
    }
  });

  it('is the same frontier by return and by risk', () => {
    const target = 0.0012;
    const byReturn = tailEfficientReturn(program, risk, target);
    expect(byReturn?.expectedReturn).toBeGreaterThan(target - 1e-9);
    const byRisk = tailEfficientRisk(program, risk, byReturn?.risk ?? NaN);
    expect(byRisk?.expectedReturn).toBeCloseTo(byReturn?.expectedReturn ?? NaN, 7);
    expect(byRisk?.risk).toBeLessThan((byReturn?.risk ?? NaN) + 1e-9);
  });

  it('is undefined where the limits contradict each other', () => {
    expect(tailEfficientReturn(program, risk, 1)).toBeUndefined();
    expect(tailEfficientRisk(program, risk, -1)).toBeUndefined();
  });
});

describe('with a ridge, costs and utility', () => {
  const program = scenarios('ridge');

  it('spreads the weights the more, the larger the ridge', () => {
    const spread = [0, 1, 100].map((ridge) => {
      const weights =
        leastTailRisk({ ...program, ridge }, cvar(0.9))?.weights ?? new Float64Array(0);
      return sum(weights.map((value) => value * value));
    });
    expect(spread[0]).toBeGreaterThan(spread[1] ?? NaN);
    expect(spread[1]).toBeGreaterThan(spread[2] ?? NaN);
    expect(spread[2]).toBeCloseTo(0.2, 3);
  });

  it('takes less risk, the larger the aversion', () => {
    const taken = [0.1, 1, 10, 100].map(
      (aversion) => mostTailUtility(program, semideviation(), aversion)?.risk ?? NaN,
    );
    expect([...taken].sort((a, b) => b - a)).toEqual(taken);
  });
});
