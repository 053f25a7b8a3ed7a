/**
 * The constraints of an allocation, as requirements with descriptions. Variables are the weights of
 * the securities, in the order of the moments; with a turnover limit there follows for each
 * security that is held the absolute change of its weight (the weight itself is the change of the
 * others). Cash is what the weights leave of 1.
 */
import type { Isin } from '#shared/kernel/isin.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';

/** One thing that was asked for. Rows and figures of one requirement hold or fall together. */
export interface Requirement {
  /** A clause for a person: `sector Energy takes at most 40 %`. */
  readonly words: string;
  readonly rows: readonly LinearRow[];
  /** Most securities with a weight above 0. */
  readonly countMax?: number | undefined;
  /** A weight is 0 or at least this. */
  readonly sizeMin?: number | undefined;
  /** Most volatility a year. */
  readonly volatilityMax?: number | undefined;
}

export interface SecurityBound {
  readonly isin: Isin;
  readonly symbol: string;
  readonly sector?: string | undefined;
  readonly country?: string | undefined;
  readonly currency?: string | undefined;
  readonly currentWeight: number;
  /** Stays at the weight it has. */
  readonly frozen?: boolean | undefined;
  /** Stated for this security; undefined where the general limits decide. */
  readonly minWeight?: number | undefined;
  readonly maxWeight?: number | undefined;
}

export interface AllocationLimits {
  /** In the order of the moments. */
  readonly securities: readonly SecurityBound[];
  /** Least cash as a share of the value. */
  readonly cashReserveRatio: number;
  /** Weight of holdings that are not part of the problem, for want of prices to measure them. */
  readonly frozenWeight: number;
  /** Most a security may take that has no maximum of its own. */
  readonly weightMaxRatio: number;
  /** Stated limits by name; all other groups obey the general one. */
  readonly sectorLimits: ReadonlyMap<string, number>;
  readonly countryLimits: ReadonlyMap<string, number>;
  readonly currencyLimits?: ReadonlyMap<string, number> | undefined;
  readonly sectorMaxRatio: number;
  readonly countryMaxRatio: number;
  /** Absent: none. */
  readonly currencyMaxRatio?: number | undefined;
  /** Bought plus sold, as a share of the value. */
  readonly turnoverMaxRatio?: number | undefined;
  readonly countMax?: number | undefined;
  /** Position sizes as weights. */
  readonly sizeMin?: number | undefined;
  readonly sizeMax?: number | undefined;
}

export function variableCountOf(limits: AllocationLimits): number {
  const n = limits.securities.length;
  return limits.turnoverMaxRatio === undefined ? n : n + heldOf(limits).length;
}

/** Numbers of the securities that are held. */
function heldOf({ securities }: AllocationLimits): readonly number[] {
  return securities.flatMap(({ currentWeight }, i) => (currentWeight > 0 ? [i] : []));
}

/** Always required: weights are not negative. It takes part in no conflict. */
export function longOnly(limits: AllocationLimits): readonly LinearRow[] {
  const size = variableCountOf(limits);
  return limits.securities.map((_, i) => ({
    coefficients: unit(size, i),
    relation: '>=',
    bound: 0,
  }));
}

/** All that the limits ask for beyond that; bounds that read alike are one requirement. */
export function requirementsOf(limits: AllocationLimits): readonly Requirement[] {
  return [
    ...merged([...lowerBounds(limits), ...upperBounds(limits)]),
    investedAtMost(limits),
    ...groupLimits(limits, 'sector', limits.sectorLimits, limits.sectorMaxRatio),
    ...groupLimits(limits, 'country', limits.countryLimits, limits.countryMaxRatio),
    ...groupLimits(limits, 'currency', limits.currencyLimits, limits.currencyMaxRatio),
    ...turnoverLimit(limits),
    ...countLimit(limits),
    ...sizeLimit(limits),
  ];
}

/** The most the securities of the problem may take together. */
export function investedMax(limits: AllocationLimits): number {
  const most = 1 - limits.cashReserveRatio - limits.frozenWeight;
  return Math.max(
    most,
    heldFast(limits, () => true),
  );
}

export function returnAtLeast(
  expected: Float64Array,
  variables: number,
  ratio: number,
): Requirement {
  const coefficients = new Float64Array(variables);
  coefficients.set(expected);
  return {
    words: `the implied return is at least ${percent(ratio)} a year`,
    rows: [{ coefficients, relation: '>=', bound: ratio }],
  };
}

export function volatilityAtMost(ratio: number): Requirement {
  return {
    words: `the volatility is at most ${percent(ratio)} a year`,
    rows: [],
    volatilityMax: ratio,
  };
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(4))} %`;
}

function lowerBounds(limits: AllocationLimits): Requirement[] {
  const size = variableCountOf(limits);
  return limits.securities.flatMap((one, i): Requirement[] => {
    const { symbol, currentWeight } = one;
    const minWeight = one.frozen ? currentWeight : (one.minWeight ?? 0);
    if (minWeight === 0) return [];
    const row: LinearRow = { coefficients: unit(size, i), relation: '>=', bound: minWeight };
    return [{ words: `${symbol} takes at least ${percent(minWeight)}`, rows: [row] }];
  });
}

function upperBounds(limits: AllocationLimits): Requirement[] {
  return limits.securities.flatMap((one, i) =>
    boundsAbove(limits, one).map(([bound, words]) => ({
      words,
      rows: [{ coefficients: unit(variableCountOf(limits), i), relation: '<=' as const, bound }],
    })),
  );
}

function boundsAbove(
  { weightMaxRatio, sizeMax }: AllocationLimits,
  { symbol, maxWeight, currentWeight, frozen }: SecurityBound,
): [bound: number, words: string][] {
  if (frozen) return [[currentWeight, `${symbol} takes at most ${percent(currentWeight)}`]];
  return [
    maxWeight === undefined
      ? [weightMaxRatio, `no security takes more than ${percent(weightMaxRatio)}`]
      : [maxWeight, `${symbol} takes at most ${percent(maxWeight)}`],
    ...(sizeMax === undefined
      ? []
      : [[sizeMax, `no position is larger than ${percent(sizeMax)}`] as [number, string]]),
  ];
}

function investedAtMost(limits: AllocationLimits): Requirement {
  const { cashReserveRatio, frozenWeight, securities } = limits;
  const frozen = frozenWeight > 0 ? `, ${percent(frozenWeight)} cannot be measured` : '';
  return {
    words: `securities take at most ${percent(investedMax(limits))} (${percent(cashReserveRatio)} stays in cash${frozen})`,
    rows: [
      {
        coefficients: indicator(limits, (i) => i < securities.length),
        relation: '<=',
        bound: investedMax(limits),
      },
    ],
  };
}

/** A limit for each named group. Securities whose group is not known are under no such limit. */
function groupLimits(
  limits: AllocationLimits,
  kind: 'sector' | 'country' | 'currency',
  stated: ReadonlyMap<string, number> = new Map(),
  general = 1,
): Requirement[] {
  const names = new Set(limits.securities.flatMap((security) => security[kind] ?? []));
  return [...names].sort().flatMap((name) => {
    const limit = stated.get(name) ?? general;
    if (limit >= 1) return [];
    // What may not be traded may stay: a group that is over its limit by it may not grow.
    const bound = Math.max(
      limit,
      heldFast(limits, (one) => one[kind] === name),
    );
    return {
      words: `${kind} ${name} takes at most ${percent(bound)}`,
      rows: [
        {
          coefficients: indicator(limits, (i) => limits.securities[i]?.[kind] === name),
          relation: '<=' as const,
          bound,
        },
      ],
    };
  });
}

/** Weight of those that stay as they are, among some. */
function heldFast(
  { securities }: AllocationLimits,
  among: (one: SecurityBound) => boolean,
): number {
  const frozen = securities.filter((one) => one.frozen === true && among(one));
  return frozen.reduce((sum, { currentWeight }) => sum + currentWeight, 0);
}

function turnoverLimit(limits: AllocationLimits): Requirement[] {
  const { turnoverMaxRatio: bound, securities } = limits;
  if (bound === undefined) return [];
  const held = heldOf(limits);
  const change = (i: number, k: number, sign: 1 | -1): LinearRow => {
    const coefficients = unit(variableCountOf(limits), securities.length + k);
    coefficients[i] = -sign;
    return { coefficients, relation: '>=', bound: -sign * (securities[i]?.currentWeight ?? 0) };
  };
  const changes = indicator(limits, (i) => !held.includes(i));
  return [
    {
      words: `purchases and sales together are at most ${percent(bound)} of the value`,
      rows: [
        ...held.flatMap((i, k) => [change(i, k, 1), change(i, k, -1)]),
        { coefficients: changes, relation: '<=', bound },
      ],
    },
  ];
}

function countLimit({ countMax }: AllocationLimits): Requirement[] {
  if (countMax === undefined) return [];
  return [{ words: `there are at most ${countMax} positions`, rows: [], countMax }];
}

function sizeLimit({ sizeMin }: AllocationLimits): Requirement[] {
  if (sizeMin === undefined) return [];
  return [{ words: `no position is smaller than ${percent(sizeMin)}`, rows: [], sizeMin }];
}

function indicator(limits: AllocationLimits, holds: (variable: number) => boolean): Float64Array {
  return new Float64Array(variableCountOf(limits)).map((_, i) => (holds(i) ? 1 : 0));
}

/** Requirements with the same description are merged. */
function merged(requirements: readonly Requirement[]): Requirement[] {
  const byDescription = new Map<string, LinearRow[]>();
  for (const { words, rows } of requirements)
    byDescription.set(words, [...(byDescription.get(words) ?? []), ...rows]);
  return [...byDescription].map(([words, rows]) => ({ words, rows }));
}
