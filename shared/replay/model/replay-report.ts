/**
 * The report of a run: its figures beside simpler strategies, by year, its drawdowns, and the
 * significance of its result.
 */
import { present } from '#shared/kernel/assert.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { deepest, drawdowns } from '#shared/quant/measures/drawdowns.ts';
import { mean, standardDeviation } from '#shared/quant/measures/moments.ts';
import { growth, TRADING_DAYS_A_YEAR } from '#shared/quant/measures/returns.ts';
import { deflatedSharpe } from '#shared/quant/measures/sharpe-inference.ts';
import { stationaryBootstrap, type Interval } from './bootstrap.ts';
import { figuresOf, returnsOf, type Figures, type MeasuredDay } from './result-figures.ts';

/** A security counts at its last price from then on. */
export interface PriceEnd {
  readonly symbol: string;
  readonly lastDay: CalendarDay;
}

/** Bars that the check of prices set aside. */
export interface SetAside {
  readonly count: number;
  readonly bars: readonly {
    readonly symbol: string;
    readonly day: CalendarDay;
    readonly reason: string;
  }[];
}

export interface RunToReport {
  readonly name: string;
  readonly capital: number;
  /** Tax on gains and income by tax year; absent where the policy states none. */
  readonly taxes?: readonly { readonly year: number; readonly tax: number }[] | undefined;
  readonly jumpsBefore?: number | undefined;
  readonly pricesEnd?: readonly PriceEnd[] | undefined;
  readonly setAside?: SetAside | undefined;
  readonly days: readonly (MeasuredDay & {
    readonly cash: number;
    /** That fell due on the day, where tax is paid from the account. */
    readonly tax?: number | undefined;
    readonly refusals: readonly string[];
  })[];
}

export interface ReportedRun extends Figures {
  readonly name: string;
  /** Of the data within the window. */
  readonly tradingDays: {
    readonly count: number;
    readonly first: CalendarDay;
    readonly last: CalendarDay;
  };
  /** Mean share of the value that lay in cash. */
  readonly idleCashRatio: number;
  /** Jumps of prices before the run that count as no splits. */
  readonly jumpsBefore?: number | undefined;
  /** What is held at the end without a price of the last days, and counts at its last one. */
  readonly pricesEnd?: readonly PriceEnd[] | undefined;
  /** Bars up to the last day that are no prices and count for nothing. */
  readonly setAside?: SetAside | undefined;
  /** Of all years; owed beside the account, or paid from it. Absent where the policy states no tax. */
  readonly tax?: number | undefined;
  /** The final value less what is owed beside the account. */
  readonly finalValueAfterTax?: number | undefined;
  readonly years: readonly Year[];
  readonly falls: readonly Fall[];
  readonly refusals: number;
}

export interface Year {
  readonly year: string;
  readonly return: number;
  readonly turnover: number;
  readonly charges: number;
  readonly deposits: number;
  readonly maximumDrawdown: number;
  readonly idleCashRatio: number;
  /** Of the year's mean value. */
  readonly chargesRatio: number;
  /** Of the tax year that began in it; absent where the policy states no tax. */
  readonly tax?: number | undefined;
}

/** A year in which a run returned less than another, and what of that came from where. */
export interface Loss {
  readonly year: string;
  readonly by: number;
  readonly ofCharges: number;
  /** Cash that did not take part; negative where it helped. */
  readonly ofCash: number;
  /** The rest: what was held, and when. */
  readonly ofHoldings: number;
}

export interface Fall {
  readonly depth: number;
  readonly from: CalendarDay;
  readonly lowest: CalendarDay;
  readonly recovered?: CalendarDay | undefined;
}

/** The policy's yearly mean return less that of another run, in pairs of days. */
export interface Difference {
  readonly of: string;
  readonly against: string;
  readonly meanPerYear: number;
  readonly interval: Interval;
  /** The years in which it underperformed most, worst first. */
  readonly lostIn: readonly Loss[];
}

export interface ReplayReport {
  readonly run: ReportedRun;
  readonly others: readonly ReportedRun[];
  readonly differences: readonly Difference[];
  readonly confidence: {
    readonly samples: number;
    readonly blockLength: number;
    readonly seed: string;
    readonly level: number;
    readonly sharpeRatio: Interval;
    /** Distinct policies that were replayed on this data and window, this one included. */
    readonly trials: number;
    /** Bailey and López de Prado (2014); absent where it is not defined. */
    readonly deflatedSharpeRatio: number | undefined;
  };
}

const SAMPLES = 1000;
/** About a month. */
const BLOCK_LENGTH = 21;
const LEVEL = 0.95;
const FALLS_SHOWN = 5;
const YEARS_SHOWN = 3;
const DAILY = { periodsPerYear: TRADING_DAYS_A_YEAR, years: 'calendar' } as const;

/** @param trials Sharpe ratios a day of all distinct policies tried, this one included */
export function reportOf(
  run: RunToReport,
  others: readonly RunToReport[],
  trials: readonly number[],
  seed: string,
): ReplayReport {
  const returns = laterReturns(run);
  const options = bootstrapOptions(seed);
  const deflated = deflatedSharpe(returns, Float64Array.from(trials));
  return {
    run: reported(run),
    others: others.map(reported),
    differences: others.map((other) => differenceOf(run, other, options)),
    confidence: {
      ...{ samples: SAMPLES, blockLength: BLOCK_LENGTH, seed, level: LEVEL, trials: trials.length },
      sharpeRatio: stationaryBootstrap(returns.length, (at) => sharpeOf(returns, at), options),
      deflatedSharpeRatio: Number.isNaN(deflated) ? undefined : deflated,
    },
  };
}

/** Without the first day, on which there are costs alone. */
function laterReturns({ days, capital }: RunToReport): Float64Array {
  return returnsOf(days, capital).subarray(1);
}

/** A day's, without a risk-free rate. */
export function dailySharpe(run: RunToReport): number {
  const returns = laterReturns(run);
  const deviation = standardDeviation(returns);
  return deviation > 0 ? mean(returns) / deviation : 0;
}

function reported(run: RunToReport): ReportedRun {
  const { days, capital, name } = run;
  const idle = days.map(({ cash, value }) => cash / value);
  const first = present(days[0], 'a run has days').day;
  const tradingDays = { count: days.length, first, last: days.at(-1)?.day ?? first };
  return {
    ...{ name, tradingDays },
    ...figuresOf(days, capital, DAILY),
    idleCashRatio: meanOf(idle),
    ...(run.jumpsBefore !== undefined && { jumpsBefore: run.jumpsBefore }),
    ...(run.pricesEnd !== undefined && { pricesEnd: run.pricesEnd }),
    ...(run.setAside !== undefined && { setAside: run.setAside }),
    ...afterTax(run),
    years: yearsOf(run),
    falls: fallsOf(run),
    refusals: days.reduce((sum, { refusals }) => sum + refusals.length, 0),
  };
}

function afterTax({ days, capital, taxes }: RunToReport) {
  if (!taxes) return {};
  const tax = taxes.reduce((sum, one) => sum + one.tax, 0);
  const last = days.at(-1);
  const isPaid = last?.tax !== undefined;
  return { tax, finalValueAfterTax: (last?.value ?? capital) - (isPaid ? 0 : tax) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

function yearsOf({ days, capital, taxes }: RunToReport): Year[] {
  const names = [...new Set(days.map(({ day }) => day.slice(0, 4)))];
  return names.map((year) => {
    const first = days.findIndex(({ day }) => day.startsWith(year));
    const own = days.filter(({ day }) => day.startsWith(year));
    const before = days[first - 1]?.value ?? capital;
    const figures = figuresOf(own, before, DAILY);
    return {
      year,
      return: figures.totalReturn,
      turnover: figures.turnover,
      charges: figures.charges,
      deposits: figures.deposits,
      maximumDrawdown: figures.maximumDrawdown,
      idleCashRatio: meanOf(own.map(({ cash, value }) => cash / value)),
      chargesRatio: figures.charges / meanOf(own.map(({ value }) => value)),
      ...(taxes && { tax: taxes.find((one) => one.year === Number(year))?.tax ?? 0 }),
    };
  });
}

function fallsOf({ days, capital }: RunToReport): Fall[] {
  const index = Float64Array.of(1, ...growth(returnsOf(days, capital)));
  const dayAt = (i: number): CalendarDay | undefined => days[Math.max(0, i - 1)]?.day;
  return deepest(drawdowns(index), FALLS_SHOWN).flatMap(({ depth, peak, valley, recovery }) => {
    const [from, lowest] = [dayAt(peak), dayAt(valley)];
    const recovered = recovery === undefined ? undefined : dayAt(recovery);
    return from && lowest ? [{ depth, from, lowest, ...(recovered && { recovered }) }] : [];
  });
}

function differenceOf(
  run: RunToReport,
  other: RunToReport,
  options: Parameters<typeof stationaryBootstrap>[2],
): Difference {
  const [own, its] = [laterReturns(run), laterReturns(other)];
  const gaps = own.map((value, i) => value - (its[i] ?? 0));
  const yearly = (at: Int32Array): number => meanAt(gaps, at) * TRADING_DAYS_A_YEAR;
  const othersYears = new Map(yearsOf(other).map((one) => [one.year, one]));
  const behind = yearsOf(run).flatMap((one) => lossOf(one, othersYears.get(one.year)) ?? []);
  return {
    of: run.name,
    against: other.name,
    meanPerYear: mean(gaps) * TRADING_DAYS_A_YEAR,
    interval: stationaryBootstrap(gaps.length, yearly, options),
    lostIn: behind
      .filter(({ by }) => by > 0)
      .sort((a, b) => b.by - a.by)
      .slice(0, YEARS_SHOWN),
  };
}

/** By how much a year fell behind, and of what: costs, cash that did not take part, and the rest, what was held. */
function lossOf(own: Year, other: Year | undefined): Loss | undefined {
  if (!other) return undefined;
  const by = other.return - own.return;
  const ofCharges = own.chargesRatio - other.chargesRatio;
  const ofCash = (own.idleCashRatio - other.idleCashRatio) * other.return;
  return { year: own.year, by, ofCharges, ofCash, ofHoldings: by - ofCharges - ofCash };
}

/** Of each run from each one after it, over the days that both have. */
export function compared(runs: readonly RunToReport[], seed: string): readonly Difference[] {
  return runs.flatMap((run, i) =>
    runs.slice(i + 1).map((other) => differenceOf(run, other, bootstrapOptions(seed))),
  );
}

function bootstrapOptions(seed: string): Parameters<typeof stationaryBootstrap>[2] {
  return { seed, samples: SAMPLES, blockLength: BLOCK_LENGTH, confidence: LEVEL };
}

function meanAt(values: Float64Array, at: Int32Array): number {
  let sum = 0;
  for (const i of at) sum += values[i] ?? 0;
  return sum / at.length;
}

function sharpeOf(returns: Float64Array, at: Int32Array): number {
  const average = meanAt(returns, at);
  let squares = 0;
  for (const i of at) squares += ((returns[i] ?? 0) - average) ** 2;
  const deviation = Math.sqrt(squares / (at.length - 1));
  return deviation > 0 ? (average / deviation) * Math.sqrt(TRADING_DAYS_A_YEAR) : 0;
}
