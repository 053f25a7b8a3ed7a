/**
 * Selects the branching variable: the security whose splits have raised the bound most so far. One
 * with few splits yet is probed by bounding both halves roughly (reliability branching: Achterberg,
 * Koch and Martin 2005).
 */
import type { Columns } from './columns.ts';
import type { SizeRanges } from './size-ranges.ts';
import type { Relaxation } from './lagrangian-bound.ts';

/** Splits of a security after which its record is trusted. */
const RELIABLE = 2;
const PROBES = 8;
const PROBE_SWEEPS = 8;
/** Mixtures that trade nothing in more than this share are split between trading and not. */
const IDLE = 0.02;
const MIXED = 1e-9;
const SPREAD_WEIGHT = 1e-7;

/** A bounded range and where its relaxation ended. */
export interface Bounded {
  readonly ranges: SizeRanges;
  readonly bound: number;
  /** Averages and multipliers. */
  readonly mean: Float64Array;
  readonly prices: Float64Array;
}

export interface Split {
  readonly security: number;
  /** The halves are up to this size, and from the next. */
  readonly at: number;
}

export class Branching {
  private readonly columns: Columns;
  private readonly relaxation: Relaxation;
  private readonly gains: Float64Array;
  private readonly seen: Int32Array;

  constructor(columns: Columns, relaxation: Relaxation) {
    this.columns = columns;
    this.relaxation = relaxation;
    this.gains = new Float64Array(columns.size);
    this.seen = new Int32Array(columns.size);
  }

  /** Called while the mixtures of the range stand in the relaxation. @param best objective so far */
  choose(bounded: Bounded, best: number): Split {
    const { mixtures } = this.relaxation;
    const open = [...bounded.mean.keys()].filter(
      (i) => (bounded.ranges.lo[i] as number) < (bounded.ranges.hi[i] as number),
    );
    const found = open.map((security) => ({
      ...{ security, spread: mixtures.spread(security) },
      at: splitOf(bounded, security, mixtures.idle(security)),
    }));
    const mixed = found.filter(({ spread }) => spread > MIXED);
    if (mixed.length === 0) return this.widest(found, bounded.ranges);
    mixed.sort((a, b) => b.spread - a.spread);
    let probes = mixed.length > 1 ? PROBES : 0;
    let [chosen, most] = [mixed[0] as Split, -1];
    for (const one of mixed) {
      const { security: i, spread } = one;
      if ((this.seen[i] as number) < RELIABLE && probes > 0) {
        probes -= 1;
        this.probe(bounded, one, best);
      }
      const gain = (this.gains[i] as number) / Math.max(1, this.seen[i] as number);
      if (gain + SPREAD_WEIGHT * spread > most)
        [chosen, most] = [one, gain + SPREAD_WEIGHT * spread];
    }
    return chosen;
  }

  /** What a split brought: the bounds of its halves, Infinity where nothing is left of one. */
  learn(security: number, bound: number, halves: readonly number[], best: number): void {
    if (best === Infinity) return;
    const [a = 0, b = 0] = halves.map((half) => Math.min(half, best) - bound);
    const gain = (5 * Math.min(a, b) + Math.max(a, b)) / 6;
    this.gains[security] = (this.gains[security] as number) + gain;
    this.seen[security] = (this.seen[security] as number) + 1;
  }

  private widest(open: readonly Split[], { lo, hi }: SizeRanges): Split {
    const width = ({ security: i }: Split) =>
      ((hi[i] as number) - (lo[i] as number)) * (this.columns.lot[i] as number);
    return open.reduce((most, one) => (width(one) > width(most) ? one : most));
  }

  private probe(bounded: Bounded, split: Split, best: number): void {
    const halves = halvesOf(bounded.ranges, split).map((half) => this.roughly(bounded, half, best));
    this.learn(split.security, bounded.bound, halves, best);
  }

  private roughly({ mean, prices, bound }: Bounded, half: SizeRanges, best: number): number {
    const { relaxation } = this;
    if (!half.propagate(this.columns)) return Infinity;
    relaxation.start(half, mean, prices);
    let least = bound;
    for (let sweep = 0; sweep < PROBE_SWEEPS && least < best; sweep += 1) {
      relaxation.sweep(half);
      least = Math.max(least, relaxation.bound(half));
      relaxation.reprice();
    }
    return least;
  }
}

export function halvesOf(
  ranges: SizeRanges,
  { security, at }: Split,
): readonly [SizeRanges, SizeRanges] {
  const [below, above] = [ranges.copy(), ranges.copy()];
  below.hi[security] = at;
  above.lo[security] = at + 1;
  return [below, above];
}

function splitOf({ ranges, mean }: Bounded, i: number, idle: number): number {
  const average = mean[i] as number;
  const trade = average > 0 ? 0 : -1;
  const at = idle > IDLE ? trade : Math.floor(average + 1e-9);
  return Math.min((ranges.hi[i] as number) - 1, Math.max(ranges.lo[i] as number, at));
}
