/**
 * Portfolios of least risk where risk is read off scenarios of returns: as linear or quadratic programs,
 * with one variable or two for each scenario.
 *
 * - CVaR: Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2 (2000).
 * - Drawdown measures: Chekhlov, Uryasev and Zabarankin, "Drawdown measure in portfolio optimization",
 *   International Journal of Theoretical and Applied Finance 8/1 (2005); drawdowns of the running sum of
 *   returns, which does not compound.
 * - Mean absolute deviation: Konno and Yamazaki, Management Science 37/5 (1991).
 * - Semivariance and first lower partial moment: below a benchmark; Markowitz (1959).
 */
import { solveRows } from '#shared/quant/solvers/convex-program.ts';
import { at, dot } from '#shared/quant/linear-algebra/matrix.ts';
import type { LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { mostReturnWithin } from './return-within-risk.ts';
import { riskOf, type TailRisk } from './scenario-risk.ts';
import { sparse, type Triplet } from '#shared/quant/linear-algebra/sparse.ts';

export interface TailProgram {
  /** One column of returns for each security, all of one length. */
  readonly scenarios: readonly Float64Array[];
  /** Of each security; the period is the caller's. */
  readonly expected: Float64Array;
  /** The weights come first; then whatever the rows need beside them. */
  readonly variables: number;
  readonly rows: readonly LinearRow[];
  /** Adds ridge x w'w to what is made smallest. */
  readonly ridge?: number | undefined;
  /** Adds costs'v, v being all variables. */
  readonly costs?: Float64Array | undefined;
}

export interface TailOptimalWeights {
  readonly weights: Float64Array;
  /** Of the weights, a period, positive for losses. */
  readonly risk: number;
  readonly expectedReturn: number;
  readonly kktResidual: number;
  readonly iterations: number;
}

/** Least risk. @returns undefined, here and below, where no weights satisfy the rows */
export function leastTailRisk(
  program: TailProgram,
  risk: TailRisk,
): TailOptimalWeights | undefined {
  return solved(program, risk, { riskWeight: 1, returnWeight: 0 });
}

/** Least risk with a return of at least `returnMin`. */
export function tailEfficientReturn(program: TailProgram, risk: TailRisk, returnMin: number) {
  const row = { coefficients: returns(program), relation: '>=', bound: returnMin } as const;
  return leastTailRisk({ ...program, rows: [...program.rows, row] }, risk);
}

/** Most return where the risk is at most `riskMax`; a semideviation where the risk is squared. */
export function tailEfficientRisk(
  program: TailProgram,
  risk: TailRisk,
  riskMax: number,
): TailOptimalWeights | undefined {
  if (!isSquared(risk)) return solved(program, risk, { riskWeight: 0, returnWeight: 1, riskMax });
  return mostReturnWithin(
    {
      safest: () => leastTailRisk({ ...program, ridge: 0, costs: undefined }, risk),
      highestReturn: () => solved(program, risk, { riskWeight: 0, returnWeight: 1 }),
      atAversion: (aversion) => mostTailUtility(program, risk, aversion),
      risk: (point) => point.risk,
    },
    riskMax,
  );
}

/** Most returnShare x mu'w - (riskAversion/2) x risk, which is squared for a semideviation. */
export function mostTailUtility(
  program: TailProgram,
  risk: TailRisk,
  riskAversion: number,
  returnShare = 1,
): TailOptimalWeights | undefined {
  return solved(program, risk, { riskWeight: riskAversion / 2, returnWeight: returnShare });
}

interface Goal {
  readonly riskWeight: number;
  readonly returnWeight: number;
  readonly riskMax?: number;
}

/** Variables: those of the program, then what the risk needs. */
class Builder {
  readonly triplets: Triplet[] = [];
  readonly low: number[] = [];
  readonly high: number[] = [];
  readonly curved: Triplet[] = [];
  readonly linear: number[];

  constructor(variables: number) {
    this.linear = new Array<number>(variables).fill(0);
  }

  /** @returns its number */
  variable(low = -Infinity): number {
    const index = this.linear.push(0) - 1;
    if (low > -Infinity) this.row([[index, 1]], low, Infinity);
    return index;
  }

  row(entries: readonly (readonly [number, number])[], low: number, high: number): void {
    const index = this.low.push(low) - 1;
    this.high.push(high);
    for (const [column, value] of entries)
      if (value !== 0) this.triplets.push([index, column, value]);
  }

  add(variable: number, value: number): void {
    this.linear[variable] = (this.linear[variable] ?? 0) + value;
  }

  solve() {
    const n = this.linear.length;
    return solveRows({
      quadratic: sparse(n, n, this.curved),
      linear: Float64Array.from(this.linear),
      rows: sparse(this.low.length, n, this.triplets),
      low: Float64Array.from(this.low),
      high: Float64Array.from(this.high),
    });
  }
}

function solved(program: TailProgram, risk: TailRisk, goal: Goal): TailOptimalWeights | undefined {
  const { expected, variables, rows, ridge = 0, costs } = program;
  const builder = new Builder(variables);
  for (const { coefficients, relation, bound } of rows)
    builder.row(
      Array.from(coefficients, (value, i) => [i, value] as const),
      relation === '<=' ? -Infinity : bound,
      relation === '>=' ? Infinity : bound,
    );
  expected.forEach((value, i) => {
    builder.add(i, -goal.returnWeight * value);
    if (ridge > 0) builder.curved.push([i, i, 2 * ridge]);
  });
  costs?.forEach((value, i) => builder.add(i, value));
  if (goal.riskWeight > 0 || goal.riskMax !== undefined) {
    const terms = riskTerms(builder, program, risk);
    for (const [variable, value] of terms)
      if (isSquared(risk)) builder.curved.push([variable, variable, 2 * goal.riskWeight * value]);
      else builder.add(variable, goal.riskWeight * value);
    if (goal.riskMax !== undefined) builder.row(terms, -Infinity, goal.riskMax);
  }
  const answer = builder.solve();
  if (answer.status !== 'optimal') return undefined;
  const weights = answer.x.slice(0, expected.length);
  return {
    weights,
    risk: riskOf(program.scenarios, weights, risk),
    expectedReturn: dot(expected, weights),
    kktResidual: answer.kktResidual,
    iterations: answer.iterations,
  };
}

function isSquared({ measure }: TailRisk): boolean {
  return measure === 'root-mean-square';
}

/** Variables whose weighted sum, of squares for a semideviation, is the risk at the optimum. */
function riskTerms(
  builder: Builder,
  { scenarios }: TailProgram,
  risk: TailRisk,
): (readonly [number, number])[] {
  const periods = scenarios[0]?.length ?? 0;
  const series = seriesOf(builder, scenarios, risk);
  if (risk.measure === 'cvar') {
    const threshold = builder.variable();
    const share = 1 / (periods * (1 - risk.beta));
    return [
      [threshold, 1],
      ...series.map((at) => {
        const beyond = builder.variable(0);
        builder.row([[beyond, 1], [threshold, 1], ...at.entries], at.constant, Infinity);
        return [beyond, share] as const;
      }),
    ];
  }
  if (risk.measure === 'largest') {
    const most = builder.variable();
    for (const { entries, constant } of series)
      builder.row([[most, 1], ...entries], constant, Infinity);
    return [[most, 1]];
  }
  return series.map(({ entries, constant }) => {
    const beyond = builder.variable(0);
    builder.row([[beyond, 1], ...entries], constant, Infinity);
    return [beyond, 1 / periods] as const;
  });
}

/** What is lost in a scenario: constant - entries. */
interface Loss {
  readonly entries: readonly (readonly [number, number])[];
  readonly constant: number;
}

function seriesOf(
  builder: Builder,
  scenarios: readonly Float64Array[],
  risk: TailRisk,
): readonly Loss[] {
  const periods = scenarios[0]?.length ?? 0;
  const steps = Array.from({ length: periods }, (_, t) =>
    scenarios.map((column, i) => [i, at(column, t)] as const),
  );
  switch (risk.series) {
    case 'loss':
      return steps.map((entries) => ({ entries, constant: 0 }));
    case 'shortfall':
      return steps.map((entries) => ({ entries, constant: risk.benchmark }));
    case 'deviation': {
      const means = scenarios.map((column) => column.reduce((all, v) => all + v, 0) / periods);
      // Deviations sum to 0, so half of their absolute mean lies below the mean.
      return steps.map((entries) => ({
        entries: entries.map(([i, value]) => [i, 2 * (value - at(means, i))] as const),
        constant: 0,
      }));
    }
    case 'drawdown': {
      let before: number | undefined;
      return steps.map((entries) => {
        const depth = builder.variable(0);
        const chain = before === undefined ? [] : ([[before, -1]] as const);
        builder.row([[depth, 1], ...chain, ...entries], 0, Infinity);
        before = depth;
        return { entries: [[depth, -1]], constant: 0 };
      });
    }
  }
}

function returns({ expected, variables }: TailProgram): Float64Array {
  const coefficients = new Float64Array(variables);
  coefficients.set(expected);
  return coefficients;
}
