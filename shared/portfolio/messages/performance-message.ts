/** Performance and attribution in the wire format: percent, and estimates as money. */
import type {
  BenchmarkComparison,
  Contribution,
  Drawdown,
  GetPerformanceResponse,
  PerformanceMetrics,
  PeriodReturn,
  SectorAttribution,
  SectorContribution,
} from '#protos/gen/portfolio.ts';
import { dayOfEpoch, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import {
  returnToDate,
  trailingGrowth,
  trailingReturn,
} from '#shared/quant/measures/calendar-returns.ts';
import { deepest, drawdowns } from '#shared/quant/measures/drawdowns.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { LedgerEntry } from '../model/book.ts';
import { yearPerformances, type BenchmarkPrice } from '../model/performance/year-performance.ts';
import type { Comparison } from '../model/performance/comparison.ts';
import { contributions } from '../model/performance/contribution.ts';
import { growthIndex, type Performance, type Window } from '../model/performance/performance.ts';
import type { RiskFigures } from '../model/performance/risk-figures.ts';
import type { SectorEffects } from '../model/performance/sector-attribution.ts';

const DRAWDOWNS_MAX = 10;
/** What rounding a hundred positions makes at most, in the account's currency. */
const ROUNDING_MOST = 0.5;

/**
 * The measured days with the value of the last one as the account is valued exactly, each position
 * rounded by itself: estimates of the same day differ from it by some cents.
 */
export function withExactEnd(measured: Performance, exact: Money | undefined): Performance {
  const { points, peak } = measured;
  const last = points.at(-1);
  const value = exact?.toEstimate();
  if (!last || value === undefined || Math.abs(value - last.value) > ROUNDING_MOST) return measured;
  const end = { ...last, value };
  return {
    ...measured,
    points: [...points.slice(0, -1), end],
    peak: peak?.day === last.day && peak.value === last.value ? end : peak,
  };
}

export function performanceHistoryMessage({ points }: Performance, base: Currency) {
  return points.map((point) => ({
    date: at(point.day),
    value: money(point.value, base),
    returnPct: point.returnRatio * 100,
  }));
}

export function metricsMessage(
  measured: Performance,
  risk: RiskFigures,
  base: Currency,
): PerformanceMetrics {
  const { peak } = measured;
  return {
    totalReturnPct: measured.totalRatio * 100,
    annualizedReturnPct: measured.annualisedRatio * 100,
    volatility: measured.volatility,
    sharpeRatio: measured.sharpeRatio,
    maxDrawdownPct: measured.maxDrawdownRatio * 100,
    peakValue: peak && money(peak.value, base),
    peakDate: peak && at(peak.day),
    moneyWeightedReturnPct: percent(measured.moneyWeightedRatio),
    downsideDeviation: risk.downsideDeviation,
    sortinoRatio: risk.sortinoRatio,
    calmarRatio: risk.calmarRatio,
    omegaRatio: risk.omegaRatio,
    ulcerIndex: percent(risk.ulcerIndexRatio),
    painIndexPct: percent(risk.painIndexRatio),
    valueAtRiskPct: percent(risk.valueAtRiskRatio),
    conditionalValueAtRiskPct: percent(risk.conditionalValueAtRiskRatio),
    modifiedValueAtRiskPct: percent(risk.modifiedValueAtRiskRatio),
    skewness: risk.skewness,
    kurtosis: risk.kurtosis,
    tailRatio: risk.tailRatio,
    stability: risk.stability,
    bestDayPct: percent(risk.bestDayRatio),
    worstDayPct: percent(risk.worstDayRatio),
    positiveDaysPct: percent(risk.positiveDaysRatio),
    probabilisticSharpeRatio: risk.probabilisticSharpeRatio,
  };
}

export function drawdownsMessage(window: Window): Drawdown[] {
  const { days, values } = growthIndex(window);
  const date = (index: number) => at(dayOfEpoch(days[index] ?? 0));
  return deepest(drawdowns(values), DRAWDOWNS_MAX).map(({ depth, peak, valley, recovery }) => ({
    depthPct: depth * 100,
    peakDate: date(peak),
    valleyDate: date(valley),
    recoveryDate: recovery === undefined ? undefined : date(recovery),
    lengthDays: (days[recovery ?? days.length - 1] ?? 0) - (days[peak] ?? 0),
  }));
}

/** Returns to date and of the last months; years from the third on annualised. */
export function periodReturnsMessage(window: Window): PeriodReturn[] {
  const index = growthIndex(window);
  if (index.days.length < 2) return [];
  const all: [string, number][] = [
    ['MTD', returnToDate(index, 'month')],
    ['3M', trailingReturn(index, 3)],
    ['6M', trailingReturn(index, 6)],
    ['YTD', returnToDate(index, 'year')],
    ['1Y', trailingReturn(index, 12)],
    ['3Y', trailingGrowth(index, 3)],
    ['5Y', trailingGrowth(index, 5)],
    ['10Y', trailingGrowth(index, 10)],
  ];
  return all
    .filter(([, ratio]) => Number.isFinite(ratio))
    .map(([period, ratio]) => ({ period, returnPct: ratio * 100 }));
}

/** By calendar year, oldest first. */
export function yearsMessage(
  window: Window,
  ledger: readonly LedgerEntry[],
  base: Currency,
  benchmark?: BenchmarkPrice,
): GetPerformanceResponse['years'] {
  return yearPerformances(window, ledger, benchmark).map(({ year, returnRatio, ...one }) => ({
    year,
    returnPct: returnRatio * 100,
    gain: money(one.gain, base),
    deposited: money(one.deposited, base),
    withdrawn: money(one.withdrawn, base),
    dividends: money(one.dividends, base),
    interest: money(one.interest, base),
    taxes: money(one.taxes, base),
    fees: money(one.fees, base),
    moneyWeightedPct: percentOf(one.moneyWeightedRatio),
    benchmarkReturnPct: percentOf(one.benchmarkRatio),
    positions: one.positions.map((position) => ({
      isin: position.isin,
      returnPct: position.returnRatio * 100,
      moneyWeightedPct: percentOf(position.moneyWeightedRatio),
      gain: money(position.gain, base),
    })),
  }));
}

function percentOf(ratio: number | undefined): number | undefined {
  return ratio === undefined ? undefined : ratio * 100;
}

/** By position, and by sector; the largest first. */
export function contributionsMessage(
  { before, days }: Window,
  securities: readonly Security[],
  base: Currency,
): Pick<GetPerformanceResponse, 'contributions' | 'sectorContributions'> {
  const known = new Map<string, Security>(securities.map((security) => [security.isin, security]));
  const sectorOf = (isin: string): string => known.get(isin)?.sector ?? '';
  const parts = (keyOf: (isin: string) => string) =>
    [...contributions(before, days, keyOf)].sort(([, a], [, b]) => b.ratio - a.ratio);
  return {
    contributions: parts((isin) => isin).map(([isin, { ratio, gain }]): Contribution => ({
      isin,
      symbol: known.get(isin)?.symbol ?? '',
      sector: sectorOf(isin),
      contributionPct: ratio * 100,
      gain: money(gain, base),
    })),
    sectorContributions: parts(sectorOf).map(([sector, { ratio, gain }]): SectorContribution => ({
      sector,
      contributionPct: ratio * 100,
      gain: money(gain, base),
    })),
  };
}

export function comparisonMessage(
  { isin, symbol }: Security,
  compared: Comparison,
): BenchmarkComparison {
  return {
    isin,
    symbol,
    totalReturnPct: compared.totalRatio * 100,
    beta: compared.beta,
    alphaPct: percent(compared.alphaRatio),
    correlation: compared.correlation,
    trackingErrorPct: percent(compared.trackingErrorRatio),
    informationRatio: compared.informationRatio,
    upCapture: compared.upCapture,
    downCapture: compared.downCapture,
    battingAveragePct: percent(compared.battingAverageRatio),
  };
}

export function attributionMessage(
  effects: ReadonlyMap<string, SectorEffects>,
): SectorAttribution[] {
  return [...effects].map(([sector, one]) => ({
    sector,
    weightPct: one.weight * 100,
    benchmarkWeightPct: one.benchmarkWeight * 100,
    allocationPct: one.allocation * 100,
    selectionPct: one.selection * 100,
    interactionPct: one.interaction * 100,
  }));
}

function at(day: CalendarDay) {
  return toTimestamp(startOf(day));
}

function money(value: number, base: Currency) {
  return Money.fromEstimate(value, base, 'half-even').toJSON();
}

function percent(ratio: number | undefined): number | undefined {
  return ratio === undefined ? undefined : ratio * 100;
}
