/** A security as callers see it. */
import type { Security as WireSecurity } from '#protos/gen/common/security.ts';
import { startOf } from '#shared/kernel/calendar-day.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Quote } from './model/market-view.ts';
import { isTradable, type Security } from './model/security.ts';

/** Unknown text is empty, and an unknown market value 0: the contract has no absent value. */
export function toWireSecurity(security: Security, quote: Quote | undefined): WireSecurity {
  const { symbol, isin, name, exchange, currency, securityType } = security;
  return {
    symbol,
    isin,
    name,
    exchange,
    currency,
    securityType,
    currentPrice: quote?.price.toJSON(),
    priceUpdated: quote && toTimestamp(startOf(quote.day)),
    isTradable: isTradable(security),
    marketCap: security.fundamentals?.marketCap ?? 0,
    sector: security.sector ?? '',
    industry: security.industry ?? '',
    country: security.country ?? '',
    lot: security.lot.toEstimate(),
  };
}

export function toWireSecurities(
  securities: readonly Security[],
  quotes: ReadonlyMap<Isin, Quote>,
): WireSecurity[] {
  return securities.map((security) => toWireSecurity(security, quotes.get(security.isin)));
}
