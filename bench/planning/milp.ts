/**
 * The tracking objective as a mixed-integer linear programme in LP format: lots bought and sold as
 * whole numbers, a binary for each order, and the absolute values by two inequalities each.
 */
import type {
  DiscreteProblem,
  DiscreteSecurity,
} from '#shared/planning/model/discrete/discrete-problem.ts';

/** One side of one security: its variable for lots and the one that says it is traded. */
interface Side {
  readonly lots: string;
  readonly traded: string;
  /** Of one lot: weight moved, money taken from cash and fee, each as a share of the value. */
  readonly weight: number;
  readonly taken: number;
  readonly fee: number;
  readonly least: number;
  readonly most: number;
}

/** @param problem with a tracking objective and no limits on positions or groups */
export function milpOf(problem: DiscreteProblem): string {
  const { securities, objective, limits, costs, value, cash } = problem;
  if (objective.kind !== 'tracking') return '';
  const { costWeight, target, targetCash } = objective;
  const sides = securities.map((one, i) => sidesOf(problem, one, i));
  const all = sides.flat();
  const fixed = costs.fixed / value;
  const rows = sides.flatMap((own, i) => {
    const off = (securities[i]?.heldValue ?? 0) / value - (target[i] ?? 0);
    return [...absolute(`d${i}`, own, off), ...own.flatMap(linked), ...exclusive(own)];
  });
  const moved = all.map((side) => ({ ...side, weight: -side.weight }));
  rows.push(...absolute('dc', moved, cash / value - targetCash));
  const floor = (cash - limits.cashFloor) / value;
  const taken = all.map((s) => term(s.taken, s.lots) + term(fixed, s.traded)).join('');
  rows.push(`${taken} <= ${digits(floor)}`);
  if (limits.turnoverMost < Infinity) {
    const turnover = all.map((s) => term(Math.abs(s.weight), s.lots)).join('');
    rows.push(`${turnover} <= ${digits(limits.turnoverMost / value)}`);
  }
  if (limits.ordersMost < Infinity)
    rows.push(`${all.map((s) => term(1, s.traded)).join('')} <= ${limits.ordersMost}`);
  const off = ['dc', ...securities.map((_, i) => `d${i}`)].map((name) => term(1, name)).join('');
  const paid = all.map(
    (s) => term(costWeight * s.fee, s.lots) + term(costWeight * fixed, s.traded),
  );
  return [
    `Minimize\n obj: ${off}${paid.join('')}\nSubject To`,
    ...rows.map((row, k) => ` c${k}: ${row}`),
    'Bounds',
    ...all.map((s) => ` 0 <= ${s.lots} <= ${s.most}`),
    `General\n ${all.map((s) => s.lots).join(' ')}`,
    `Binary\n ${all.map((s) => s.traded).join(' ')}`,
    'End\n',
  ].join('\n');
}

function sidesOf({ value, costs }: DiscreteProblem, one: DiscreteSecurity, i: number): Side[] {
  const share = one.lotValue / value;
  const { buyLeast, buyMost, sellLeast, sellMost } = one;
  const { buyRatio, sellRatio } = costs;
  const buy: Side = {
    ...{ lots: `b${i}`, traded: `y${i}`, weight: share, taken: share * (1 + buyRatio) },
    ...{ fee: share * buyRatio, least: buyLeast, most: buyMost },
  };
  const sell: Side = {
    ...{ lots: `s${i}`, traded: `z${i}`, weight: -share, taken: share * (sellRatio - 1) },
    ...{ fee: share * sellRatio, least: sellLeast, most: sellMost },
  };
  return [buy, sell].filter(({ least, most }) => most >= least);
}

/** name >= |off + sum of weights moved| */
function absolute(name: string, sides: readonly Side[], off: number): readonly string[] {
  const moved = (sign: number) => sides.map((s) => term(sign * s.weight, s.lots)).join('');
  return [`${name}${moved(-1)} >= ${digits(off)}`, `${name}${moved(1)} >= ${digits(-off)}`];
}

function linked({ lots, traded, least, most }: Side): readonly string[] {
  return [`${lots} - ${most} ${traded} <= 0`, `${lots} - ${least} ${traded} >= 0`];
}

function exclusive(sides: readonly Side[]): readonly string[] {
  return sides.length < 2 ? [] : [`${sides.map((s) => term(1, s.traded)).join('')} <= 1`];
}

function term(factor: number, name: string): string {
  return ` ${factor < 0 ? '-' : '+'} ${digits(Math.abs(factor))} ${name}`;
}

function digits(x: number): string {
  return x.toPrecision(17);
}
