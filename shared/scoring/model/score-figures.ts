/**
 * The raw figures that scores are made of, by the names that callers use too: in `market_data`
 * overrides and in the answer. Each defines its transformation into a signal, of which more is
 * better.
 */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { Fundamentals, Security } from '#shared/universe/model/security.ts';
import { priceFigures } from './price-figures.ts';

interface Figure {
  readonly says: string;
  /** More is better; NaN where the figure is meaningless. */
  readonly signal: (value: number) => number;
  /** Values that the figure can take. */
  readonly range: { readonly min: number; readonly max: number; readonly not?: number };
}

const any = { min: -Infinity, max: Infinity };
const notNegative = { min: 0, max: Infinity };
const more = (value: number): number => value;
const less = (value: number): number => -value;
/** A yield, so that a loss ranks below a small profit; a ratio of 0 is meaningless. */
const inverse = (value: number): number => (value === 0 ? NaN : 1 / value);

export const figures = {
  momentum: figure('return from 12 months to 1 month ago', more, { min: -1, max: Infinity }),
  peRatio: figure('price ÷ earnings a share, negative for a loss', inverse, { ...any, not: 0 }),
  pbRatio: figure('price ÷ book value a share', inverse, { ...any, not: 0 }),
  profitMarginRatio: figure('profit ÷ revenue', more, any),
  returnOnEquityRatio: figure('profit ÷ equity', more, any),
  debtToEquityRatio: figure('debt ÷ equity', less, notNegative),
  revenueGrowthRatio: figure('growth of revenue in a year', more, any),
  earningsGrowthRatio: figure('growth of earnings in a year', more, any),
  volatility: figure('annual standard deviation of daily log returns', less, notNegative),
  dividendYieldRatio: figure('dividends of a year ÷ price', more, notNegative),
  drawdown: figure('fall from the highest close of a year', less, { min: 0, max: 1 }),
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof figures;
export const figureNames = Object.keys(figures) as readonly FigureName[];

export function isFigureName(name: string): name is FigureName {
  return Object.hasOwn(figures, name);
}

/** One security's figures; what is not known is absent. */
export type FigureValues = ReadonlyMap<FigureName, number>;

/** A yearly report, half a year late. */
const FUNDAMENTALS_AGE_DAYS_MAX = 550;

/** The figures of each security of the view. */
export function measureFigures(view: MarketView): Map<Isin, FigureValues> {
  return new Map(view.securities.map((security) => [security.isin, figuresOf(view, security)]));
}

function figuresOf(view: MarketView, security: Security): FigureValues {
  const series = view.series.get(security.isin);
  const values: Partial<Record<FigureName, number | undefined>> = {
    ...(series && priceFigures(series, view.asOf)),
    ...fundamentalFigures(security.fundamentals, view.asOf),
  };
  return new Map(
    figureNames.flatMap((name): [FigureName, number][] => {
      const value = values[name];
      return value !== undefined && inRange(name, value) ? [[name, value]] : [];
    }),
  );
}

/** Fundamentals from after the day, or too long before it, count as unknown. */
function fundamentalFigures(
  known: Fundamentals | undefined,
  asOf: CalendarDay,
): Partial<Record<FigureName, number | undefined>> {
  const ageDays = known ? daysBetween(known.asOf, asOf) : NaN;
  if (!known || ageDays < 0 || ageDays > FUNDAMENTALS_AGE_DAYS_MAX) return {};
  return {
    peRatio: known.peRatio,
    pbRatio: known.pbRatio,
    profitMarginRatio: known.profitMarginRatio,
    returnOnEquityRatio: known.returnOnEquityRatio,
    debtToEquityRatio: known.debtToEquityRatio,
    revenueGrowthRatio: known.revenueGrowthRatio,
    earningsGrowthRatio: known.earningsGrowthRatio,
    dividendYieldRatio: known.dividendYieldRatio,
  };
}

/** Whether a figure can take the value: finite and within the figure's meaning. */
export function inRange(name: FigureName, value: number): boolean {
  const { min, max, not }: Figure['range'] = figures[name].range;
  return Number.isFinite(value) && value >= min && value <= max && value !== not;
}

function figure(says: string, signal: Figure['signal'], range: Figure['range']): Figure {
  return { says, signal, range };
}
