/**
 * What the tax of the year rises by, as a function of the gains that a plan realises: convex and piecewise linear,
 * since losses and the allowance are set against what is taxed highest. Numbers in base currency, for the search;
 * `saleTaxes` has the exact amounts.
 */
import { Money } from '#shared/kernel/money.ts';
import { yearTax, type YearFigures } from '#shared/portfolio/model/tax/year-tax.ts';
import type { TaxYear } from './sale-tax.ts';

/** One straight part of it. */
export interface TaxPiece {
  readonly from: number;
  readonly to: number;
  /** The tax at `from`. */
  readonly start: number;
  readonly slope: number;
}

/** By gains, ascending; 0 is an end of a piece, so that on each the tax is owed or saved. */
export type TaxCurve = readonly TaxPiece[];

/** Amounts are in minor units, so that two that differ by this are equal. */
const ROUNDING = 0.03;
const HALVINGS = 12;

/**
 * @param ratio the highest rate, at which gains count; those at a lower one as so much less
 * @param least gains that the plan's sales could realise at least, not above 0
 * @param most the same at most, not below 0
 */
export function taxCurve(year: TaxYear, ratio: number, least: number, most: number): TaxCurve {
  const now = yearTax(year.figures, year.rules).tax.toEstimate();
  const taxAt = (gain: number): number =>
    yearTax(withGain(year.figures, ratio, gain), year.rules).tax.toEstimate() - now;
  return [...pieces(taxAt, least, 0), ...pieces(taxAt, 0, most)];
}

/** At the gains of a plan; beyond its ends it goes on straight. */
export function taxAt(curve: TaxCurve, gains: number): number {
  const piece = curve.find(({ to }) => gains <= to) ?? curve.at(-1);
  return piece ? piece.start + piece.slope * (gains - piece.from) : 0;
}

/** The slope at the gains of a plan, upwards. */
export function slopeAt(curve: TaxCurve, gains: number): number {
  return (curve.find(({ to }) => gains < to) ?? curve.at(-1))?.slope ?? 0;
}

function withGain(figures: YearFigures, ratio: number, gain: number): YearFigures {
  const amount = Money.fromEstimate(Math.abs(gain), figures.losses.currency, 'half-even');
  if (gain < 0) return { ...figures, losses: figures.losses.add(amount) };
  return { ...figures, gains: [...figures.gains, { ratio, amount }] };
}

/** Straight parts from a to b: lines where halving shows no bend, met where neighbours cross. */
function pieces(taxAt: (gain: number) => number, a: number, b: number): TaxPiece[] {
  if (b - a < 1) return [];
  const lines = merged(straightParts(taxAt, a, b, HALVINGS));
  const ends = lines.slice(1).map((line, i) => crossing(lines[i] as Line, line));
  return lines.map((line, i): TaxPiece => {
    const [from, to] = [ends[i - 1] ?? a, ends[i] ?? b];
    return { from, to, slope: line.slope, start: line.start + line.slope * (from - line.from) };
  });
}

interface Line {
  readonly from: number;
  readonly start: number;
  readonly slope: number;
  readonly width: number;
}

function straightParts(
  taxAt: (gain: number) => number,
  a: number,
  b: number,
  halvings: number,
): Line[] {
  const [low, high, middle] = [taxAt(a), taxAt(b), (a + b) / 2];
  const isBent = Math.abs(taxAt(middle) - (low + high) / 2) > ROUNDING;
  if (!isBent) return [{ from: a, start: low, slope: (high - low) / (b - a), width: b - a }];
  if (halvings === 0) return [];
  return [
    ...straightParts(taxAt, a, middle, halvings - 1),
    ...straightParts(taxAt, middle, b, halvings - 1),
  ];
}

/** Of neighbours with the same slope the wider one, which measures it best. */
function merged(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  for (const line of lines) {
    const last = kept.at(-1);
    const tolerance = last && (4 * ROUNDING) / Math.min(last.width, line.width);
    if (!last || Math.abs(last.slope - line.slope) > (tolerance ?? 0)) kept.push(line);
    else if (line.width > last.width) kept[kept.length - 1] = line;
  }
  return kept;
}

function crossing(left: Line, right: Line): number {
  const [a, b] = [left.start - left.slope * left.from, right.start - right.slope * right.from];
  return (a - b) / (right.slope - left.slope);
}
