/** Selects the securities of a batch. */
import { isCurrency, type Currency } from '#shared/kernel/currency.ts';
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';

export interface ScoreFilters {
  readonly sector?: string | undefined;
  readonly exchange?: string | undefined;
  readonly currency?: Currency | undefined;
  /** 0 to 1. */
  readonly minScore: number;
}

/** Empty text filters nothing. @throws Failure INVALID_REQUEST naming `filters.<key>` */
export function parseFilters(filters: ReadonlyMap<string, string>): ScoreFilters {
  const violations: FieldViolation[] = [];
  const currency = filters.get('currency') || undefined;
  if (currency !== undefined && !isCurrency(currency))
    violations.push({ field: 'filters.currency', message: 'an ISO 4217 currency' });
  const minScore = filters.get('minScore') || '0';
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(minScore))
    violations.push({ field: 'filters.minScore', message: 'a number from 0 to 1' });
  if (violations.length > 0) throw invalidRequest(...violations);
  return {
    sector: filters.get('sector') || undefined,
    exchange: filters.get('exchange') || undefined,
    currency: currency as Currency | undefined,
    minScore: Number(minScore),
  };
}

/**
 * The securities named (all tradable ones where none is) that pass the filters; names of sectors
 * and exchanges match without regard to case.
 */
export function selectSecurities(
  securities: readonly Security[],
  isins: readonly Isin[],
  filters: ScoreFilters,
): Security[] {
  const named = new Set(isins);
  return securities.filter(
    (security) =>
      (named.size > 0 ? named.has(security.isin) : isTradable(security)) &&
      matches(security.sector, filters.sector) &&
      matches(security.exchange, filters.exchange) &&
      matches(security.currency, filters.currency),
  );
}

function matches(value: string | undefined, requested: string | undefined): boolean {
  return requested === undefined || value?.toLowerCase() === requested.toLowerCase();
}
