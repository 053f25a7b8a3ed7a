/** Why an account did better or worse than the equally weighted universe, by sectors. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  linkedAttribution,
  type AttributionEffects,
  type Segment,
} from '#shared/quant/measures/attribution.ts';
import { REST } from './contribution.ts';
import { capitalOf, dayReturn, type Window } from './performance.ts';
import { priceOn, type DayValue, type DailyPrices } from '../value-history.ts';

export interface SectorEffects extends AttributionEffects {
  /** Mean over the days. */
  readonly weight: number;
  readonly benchmarkWeight: number;
}

export interface SectorMarket {
  readonly market: DailyPrices;
  /** Of all that is held, and of the members. */
  readonly sectors: ReadonlyMap<Isin, string>;
  /** The universe that the benchmark is made of. */
  readonly members: readonly Isin[];
}

/** Of the rest, so that it has a return; too small to be seen. */
const WEIGHT_MIN = 1e-12;

interface Totals {
  weight: number;
  gain: number;
}

/**
 * Day by day, linked: a sector's weight in the account is the capital at work in it over all capital,
 * cash being the sector without a name; in the benchmark it is its share of the securities that have
 * a price on both days. The effects sum to the difference of the linked returns.
 */
export function sectorAttribution(
  { before, days }: Window,
  { market, sectors, members }: SectorMarket,
): Map<string, SectorEffects> {
  const universe = members.map((isin): [Isin, string] => [isin, sectors.get(isin) ?? REST]);
  const periods = days.flatMap((day, i) => {
    const previous = i === 0 ? before : days[i - 1];
    return previous && capitalOf(previous, day) > 0
      ? [segmentsOf(previous, day, benchmarkOf(previous.day, day.day, market, universe), sectors)]
      : [];
  });
  const effects = linkedAttribution(periods);
  const mean = (key: string, of: (segment: Segment) => number): number =>
    periods.reduce(
      (sum, all) =>
        sum + all.filter((one) => one.key === key).reduce((part, one) => part + of(one), 0),
      0,
    ) / periods.length;
  return new Map(
    [...effects].map(([key, one]) => [
      key,
      {
        ...one,
        weight: mean(key, ({ weight }) => weight),
        benchmarkWeight: mean(key, (segment) => segment.benchmarkWeight),
      },
    ]),
  );
}

function segmentsOf(
  before: DayValue,
  day: DayValue,
  benchmark: ReadonlyMap<string, Totals>,
  sectors: ReadonlyMap<Isin, string>,
): Segment[] {
  const capital = capitalOf(before, day);
  const own = new Map<string, Totals>();
  let rest: Totals = { weight: 1, gain: dayReturn(before, day) };
  for (const [isin, { gain, invested }] of day.positions) {
    // What came without capital, a late dividend, is with the cash.
    if (invested <= 0) continue;
    add(own, sectors.get(isin) ?? REST, { weight: invested / capital, gain: gain / capital });
    rest = { weight: rest.weight - invested / capital, gain: rest.gain - gain / capital };
  }
  // Fees need some capital to be a return of, where no cash is left.
  add(own, REST, { ...rest, weight: rest.weight || WEIGHT_MIN });
  return [...new Set([...own.keys(), ...benchmark.keys()])].map((key) => {
    const { weight, gain } = own.get(key) ?? { weight: 0, gain: 0 };
    const other = benchmark.get(key) ?? { weight: 0, gain: 0 };
    const benchmarkRatio = other.weight > 0 ? other.gain / other.weight : 0;
    const ratio = weight === 0 ? benchmarkRatio : gain / weight;
    return { key, weight, ratio, benchmarkWeight: other.weight, benchmarkRatio };
  });
}

function benchmarkOf(
  from: CalendarDay,
  to: CalendarDay,
  market: DailyPrices,
  universe: readonly (readonly [Isin, string])[],
): Map<string, Totals> {
  const moves = universe.flatMap(([isin, sector]): [string, number][] => {
    const [start, end] = [from, to].map((day) => priceOn(market, isin, day, 'adjustedClose'));
    return start === undefined || end === undefined ? [] : [[sector, end / start - 1]];
  });
  const totals = new Map<string, Totals>();
  const weight = 1 / moves.length;
  for (const [sector, move] of moves) add(totals, sector, { weight, gain: move * weight });
  return totals;
}

function add(totals: Map<string, Totals>, key: string, { weight, gain }: Totals): void {
  const known = totals.get(key) ?? { weight: 0, gain: 0 };
  totals.set(key, { weight: known.weight + weight, gain: known.gain + gain });
}
