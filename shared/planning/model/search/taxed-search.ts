/**
 * The best sequence where gains are taxed. The tax of the year bends where losses or the allowance are used up, so
 * that each straight part of it is a problem of its own; the best of their sequences by the tax as it is wins. A sale
 * of several tax lots does not realise the same for each share: it is searched once with the least gain a share,
 * whose bound no plan exceeds, and once with the greatest.
 */
import { gainRange } from '../taxes/gain-curve.ts';
import { fixedTax, solvePlan, type SolvedPlan, type TaxedPart } from './discrete-plan.ts';
import type { SearchSpace } from './search-space.ts';
import { SequenceState } from './sequence-state.ts';
import type { PlanProgress } from './discrete-plan.ts';

/** Gains a lot that differ by less, as a share of its value, are equal. */
const SAME_GAIN = 1e-9;

/** @param enough as `solvePlan` */
export function* solveTaxed(
  space: SearchSpace,
  starts: readonly Float64Array[],
  enough?: number,
): Generator<PlanProgress, SolvedPlan> {
  const views = gainViews(space);
  let best = startOf(space, starts);
  let [gainBound, exact, nodes, evaluated] = [best.gain, true, 0, 0];
  for (const [v, gainEach] of views.entries())
    for (const part of partsOf(space, gainEach)) {
      // Where the tax is less than the slope says from 0 on, a plan gains so much more.
      const more = -fixedTax(part.piece) / space.costScale;
      const wanted = enough === undefined ? undefined : enough - more;
      const solved = yield* solvePlan(space, part, [...starts, best.lots], wanted);
      nodes += solved.nodes;
      evaluated += solved.evaluated;
      if (v === 0) {
        gainBound = Math.max(gainBound, solved.gainBound + more);
        exact &&= solved.exact;
      }
      best = better(best, SequenceState.of(space, solved.lots));
      if (enough !== undefined && best.gain > enough) break;
    }
  gainBound = Math.max(gainBound, best.gain);
  const gap = gainBound - best.gain;
  const found = true;
  return {
    lots: best.lots,
    found,
    exact: exact && gap <= SAME_UTILITY,
    gainBound,
    gap,
    nodes,
    evaluated,
  };
}

/** A thousandth of a basis point a year is no difference. */
const SAME_UTILITY = 2e-7;

function startOf(space: SearchSpace, starts: readonly Float64Array[]): SequenceState {
  return starts.reduce(
    (best, lots) => better(best, SequenceState.of(space, lots)),
    new SequenceState(space),
  );
}

function better(a: SequenceState, b: SequenceState): SequenceState {
  return b.gain > a.gain && b.isAllowed() ? b : a;
}

/** Gain of each lot sold: the least there is, and the greatest where it is another one. */
function gainViews({
  gains,
  sellMax,
  lotsMin,
  lotValue,
}: SearchSpace): readonly (readonly number[])[] {
  const ranges = gains.map((curve, i) => {
    const most = sellMax[i] as number;
    return gainRange(curve, Math.min(most, lotsMin[i] as number), most);
  });
  const low = ranges.map((range) => range.low);
  const high = ranges.map((range) => range.high);
  const isSame = ranges.every(
    (range, i) => range.high - range.low <= SAME_GAIN * (lotValue[i] as number),
  );
  return isSame ? [high] : [low, high];
}

/** The parts of the tax that the sales can reach. */
function partsOf(
  { tax, sellMax, gains }: SearchSpace,
  gainEach: readonly number[],
): readonly TaxedPart[] {
  let [least, most] = [0, 0];
  for (const [i, each] of gainEach.entries()) {
    const gain = each * (sellMax[i] as number);
    least += Math.min(0, gain - (sellMax[i] === 0 ? 0 : (gains[i]?.fixed ?? 0)));
    most += Math.max(0, gain);
  }
  const reached = tax.filter(({ from, to }) => to >= least && from <= most);
  return reached.map((piece, k) => ({
    ...{ piece, gainEach, isFirst: k === 0, isLast: k === reached.length - 1 },
  }));
}
