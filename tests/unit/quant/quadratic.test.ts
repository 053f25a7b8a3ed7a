import { normal, seededRandom } from '#shared/kernel/random.ts';
import { at, dot, plus, times } from '#shared/quant/linear-algebra/matrix.ts';
import { isFeasible, solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { descend, randomCovariance, randomProgram, valueAt, violation } from './random-programs.ts';

const PROGRAMS = 150;

describe('solveQuadratic', () => {
  it('meets every row to 1e-8 and the optimality conditions, whatever the program', () => {
    let solvedPrograms = 0;
    for (let k = 0; k < PROGRAMS; k += 1) {
      const seed = `program ${k}`;
      const program = randomProgram(seed);
      const answer = solveQuadratic(program);
      if (!answer) {
        expect([seed, isFeasible(program.linear.length, program.rows)]).toEqual([seed, false]);
        continue;
      }
      solvedPrograms += 1;
      expect([seed, violation(program.rows, answer.x) <= 1e-8]).toEqual([seed, true]);
      expect([seed, answer.kktResidual <= 1e-8]).toEqual([seed, true]);
      let gradient = plus(times(program.quadratic, answer.x), program.linear);
      // The worst of all rows at once: an expectation for each would take longer than the solver.
      let [wrongSign, complementarity] = [0, 0];
      program.rows.forEach(({ coefficients, relation, bound }, i) => {
        const multiplier = at(answer.multipliers, i);
        gradient = plus(gradient, coefficients, -multiplier);
        if (relation === '=') return;
        wrongSign = Math.max(wrongSign, relation === '<=' ? multiplier : -multiplier);
        const slack = dot(coefficients, answer.x) - bound;
        complementarity = Math.max(complementarity, Math.abs(multiplier * slack));
      });
      expect([seed, wrongSign <= 1e-8]).toEqual([seed, true]);
      expect([seed, complementarity <= 1e-8]).toEqual([seed, true]);
      const steepest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect([seed, steepest <= 1e-7]).toEqual([seed, true]);
    }
    expect(solvedPrograms).toBeGreaterThan(PROGRAMS / 2);
  });

  it('finds within bounds what it finds within the same rows, to the last digit', () => {
    let [answers, boxes] = [0, 0];
    for (let k = 0; k < PROGRAMS; k += 1) {
      const seed = `bounds ${k}`;
      const { quadratic, linear, rows } = randomProgram(seed);
      const n = linear.length;
      const random = seededRandom(seed);
      const low = Float64Array.from({ length: n }, () => (random() < 0.2 ? -Infinity : 0));
      const high = Float64Array.from({ length: n }, () => (random() < 0.2 ? Infinity : 0.6));
      // Every second program is a box with a budget only.
      const others = k % 2 === 0 ? rows.filter(({ coefficients }) => !isUnit(coefficients)) : [];
      const budget: LinearRow = { ...unitBudget(n), bound: 1 };
      const ofBounds = Array.from(low, (lowest, i): LinearRow[] => [
        ...(lowest === 0 ? [{ coefficients: unit(n, i), relation: '>=' as const, bound: 0 }] : []),
        ...(at(high, i) === 0.6
          ? [{ coefficients: unit(n, i), relation: '<=' as const, bound: 0.6 }]
          : []),
      ]).flat();
      const asRows = solveQuadratic({ quadratic, linear, rows: [...ofBounds, budget, ...others] });
      const within = solveQuadratic({
        ...{ quadratic, linear },
        ...{ bounds: { low, high }, rows: [budget, ...others] },
      });
      expect([seed, within?.x]).toEqual([seed, asRows?.x]);
      if (!within || !asRows) continue;
      answers += 1;
      if (others.length === 0) boxes += 1;
      const ofRows = asRows.multipliers.slice(ofBounds.length);
      expect([seed, within.multipliers.slice(0, 1 + others.length)]).toEqual([seed, ofRows]);
      const bound = within.multipliers.slice(1 + others.length);
      const pulled = ofBounds.reduce<Float64Array>(
        (sum, { coefficients }, i) => plus(sum, coefficients, at(asRows.multipliers, i)),
        new Float64Array(n),
      );
      expect([seed, bound]).toEqual([seed, pulled]);
    }
    expect(answers).toBeGreaterThan(PROGRAMS / 3);
    expect(boxes).toBeGreaterThan(PROGRAMS / 6);
  });

  it('finds nothing within bounds that contradict each other or the rows', () => {
    const quadratic = randomCovariance('contradiction', 3, 5);
    const linear = new Float64Array(3);
    const rows = [{ ...unitBudget(3), bound: 1 }];
    const within = (low: number, high: number) => {
      const bounds = { low: new Float64Array(3).fill(low), high: new Float64Array(3).fill(high) };
      return solveQuadratic({ quadratic, linear, rows, bounds });
    };
    expect([within(0, 0.3), within(0.4, 1), within(0.5, 0.4)]).toEqual(
      Array.from({ length: 3 }, () => undefined),
    );
    expect(within(0, 0.4)).toBeDefined();
  });

  it('finds what projected gradient descent finds', () => {
    for (let k = 0; k < 20; k += 1) {
      const seed = `descent ${k}`;
      const random = seededRandom(seed);
      const n = 2 + (k % 7);
      const quadratic = randomCovariance(seed, n, n + 4);
      const linear = Float64Array.from({ length: n }, () => 0.05 * normal(random));
      const high = Float64Array.from({ length: n }, () => 0.55 + 0.4 * random());
      const rows: LinearRow[] = [
        { coefficients: new Float64Array(n).fill(1), relation: '=', bound: 1 },
        ...high
          .map((_, i) => i)
          .reduce<LinearRow[]>((all, i) => {
            all.push({ coefficients: unit(n, i), relation: '>=', bound: 0 });
            all.push({ coefficients: unit(n, i), relation: '<=', bound: at(high, i) });
            return all;
          }, []),
      ];
      const program = { quadratic, linear, rows };
      const answer = solveQuadratic(program);
      const slow = descend(quadratic, linear, high);
      expect([seed, answer !== undefined]).toEqual([seed, true]);
      const gap = valueAt(program, slow) - (answer?.value ?? NaN);
      expect([seed, gap > -1e-10 && gap < 1e-7]).toEqual([seed, true]);
    }
  });

  it('solves a linear program at a corner', () => {
    const answer = solveQuadratic({
      quadratic: [new Float64Array(2), new Float64Array(2)],
      linear: Float64Array.from([-3, -2]),
      rows: [
        { coefficients: Float64Array.from([1, 1]), relation: '<=', bound: 4 },
        { coefficients: Float64Array.from([1, 3]), relation: '<=', bound: 6 },
        { coefficients: unit(2, 0), relation: '<=', bound: 3 },
        { coefficients: unit(2, 1), relation: '>=', bound: 0 },
      ],
    });
    expect(answer?.value).toBeCloseTo(-11, 9);
    expect(Array.from(answer?.x ?? [])).toEqual([expect.closeTo(3, 9), expect.closeTo(1, 9)]);
  });

  it('reproduces the example of Goldfarb and Idnani’s solver', () => {
    const answer = solveQuadratic({
      quadratic: [unit(3, 0), unit(3, 1), unit(3, 2)],
      linear: Float64Array.from([0, -5, 0]),
      rows: [
        { coefficients: Float64Array.from([-4, -3, 0]), relation: '>=', bound: -8 },
        { coefficients: Float64Array.from([2, 1, 0]), relation: '>=', bound: 2 },
        { coefficients: Float64Array.from([0, -2, 1]), relation: '>=', bound: 0 },
      ],
    });
    [0.4761904761904762, 1.0476190476190477, 2.0952380952380953].forEach((value, i) =>
      expect(answer?.x[i]).toBeCloseTo(value, 12),
    );
  });

  it('says that rows contradict each other, and is not fooled by rounding', () => {
    const all = new Float64Array(3).fill(1);
    const lows = (bound: number): LinearRow[] =>
      [0.1, 0.2, bound].map((low, i) => ({ coefficients: unit(3, i), relation: '>=', bound: low }));
    expect(isFeasible(3, [...lows(0.7), { coefficients: all, relation: '=', bound: 1 }])).toBe(
      true,
    );
    expect(isFeasible(3, [...lows(0.701), { coefficients: all, relation: '=', bound: 1 }])).toBe(
      false,
    );
    expect(isFeasible(1, [{ coefficients: new Float64Array(1), relation: '>=', bound: 1 }])).toBe(
      false,
    );
  });
});

function isUnit(coefficients: Float64Array): boolean {
  return coefficients.filter((value) => value !== 0).length === 1;
}

function unitBudget(size: number) {
  return { coefficients: new Float64Array(size).fill(1), relation: '=' as const };
}
