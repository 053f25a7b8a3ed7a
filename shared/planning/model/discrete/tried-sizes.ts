/** The sizes that the local search tries of each security, kept for as long as the choice stays. */
import { isSize, type Columns } from './columns.ts';
import type { LotState, Trial } from './lot-state.ts';

/** Lots from which on fewer steps are tried: pairs of steps are what takes time. */
const WIDE = 512;
/** Covers the rounding of the sums that a bound is compared with. */
const ROUNDING = 1e-12;

interface Tried {
  readonly trials: readonly Trial[];
  /** When what the trials change was computed. */
  revision: number;
  /** The least that one of them changes. */
  ownLeast: number;
  readonly moveMost: number;
  /** The least that one of them takes more of each limited common resource. */
  readonly takenLeast: Float64Array;
}

export class TriedSizes {
  private readonly state: LotState;
  private readonly kept: (Tried | undefined)[];
  private revision = 0;

  constructor(state: LotState) {
    this.state = state;
    this.kept = Array.from({ length: state.columns.size }, () => undefined);
  }

  of(i: number): Tried {
    const { state, revision } = this;
    const known = this.kept[i];
    if (known?.revision === revision) return known;
    if (known) for (const trial of known.trials) state.retry(trial);
    const tried = known ?? triedOf(sizesOf(state, i).map((k) => state.trial(i, k)));
    this.kept[i] = tried;
    tried.revision = revision;
    tried.ownLeast = Infinity;
    for (const { own } of tried.trials) tried.ownLeast = Math.min(tried.ownLeast, own);
    return tried;
  }

  /** Changes the choice. */
  take(i: number, k: number): void {
    this.state.set(i, k);
    this.kept[i] = undefined;
    this.revision += 1;
  }

  /** What a trial together with any of another security changes of the objective at least. */
  leastChange(a: Trial, j: number): number {
    const { ownLeast, moveMost } = this.of(j);
    const together = this.state.togetherLeast(a, j, moveMost);
    const rounding = ROUNDING * (Math.abs(a.own) + Math.abs(ownLeast) + Math.abs(together));
    return a.own + ownLeast + together - rounding;
  }

  /** How far they break limits at least, where none is broken now. */
  leastViolation(a: Trial, j: number): number {
    return this.state.commonViolation(a, this.of(j).takenLeast);
  }
}

function triedOf(trials: readonly Trial[]): Tried {
  const takenLeast = new Float64Array(trials[0]?.taken.length ?? 0).fill(Infinity);
  let moveMost = 0;
  for (const { move, taken } of trials) {
    moveMost = Math.max(moveMost, Math.abs(move));
    for (let at = 0; at < taken.length; at += 1)
      takenLeast[at] = Math.min(takenLeast[at] as number, taken[at] as number);
  }
  return { trials, revision: -1, ownLeast: Infinity, moveMost, takenLeast };
}

/** Sizes near what is traded now, the ends, the least orders and, when tracking, the target. */
function sizesOf({ columns, lots }: LotState, i: number): readonly number[] {
  const now = lots[i] as number;
  const [most, least] = [columns.buyMost[i] as number, -(columns.sellMost[i] as number)];
  const found = new Set<number>([0, most, least, ...nearTarget(columns, i)]);
  found.add(columns.buyLeast[i] as number).add(-(columns.sellLeast[i] as number));
  const factor = most - least > WIDE ? 8 : 2;
  for (let step = 1; step <= most - least; step *= factor) found.add(now + step).add(now - step);
  found.delete(now);
  return [...found].filter((k) => isSize(columns, i, k));
}

function nearTarget({ tracking, lot }: Columns, i: number): readonly number[] {
  if (!tracking) return [];
  const requested = -(tracking.off[i] as number) / (lot[i] as number);
  return [Math.floor(requested), Math.ceil(requested)];
}
