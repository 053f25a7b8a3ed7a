/**
 * The market view that all scores are measured on: every tradable security, and those requested.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { loadMarketView } from '#shared/universe/load-market-view.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { MarketReader } from '#shared/universe/market-reader.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';

/** Lookback of a score, with a margin for the bar before it. */
export const SCORE_YEARS = 1.1;
/** Lookback of a portfolio's path. */
export const PATH_YEARS = 3.1;

export interface ScoringMoment {
  readonly base: Currency;
  readonly today: CalendarDay;
  readonly years: number;
}

export interface ScoringView {
  /** All securities of the universe, removed ones too. */
  readonly securities: readonly Security[];
  readonly view: MarketView;
}

/** @param also securities to measure though they may have been removed from the universe */
export async function loadScoringView(
  reader: MarketReader,
  moment: ScoringMoment,
  also: readonly Isin[] = [],
): Promise<ScoringView> {
  const securities = await reader.securities();
  const tradable = securities.filter(isTradable).map((security) => security.isin);
  const isins = [...new Set([...tradable, ...also])];
  const view = await loadMarketView(reader, { ...moment, isins });
  return { securities, view };
}
