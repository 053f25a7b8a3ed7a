/** The description of a security that a caller adds, combined from the caller and the source. */
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { describedBy } from './listing.ts';
import { countryOf, homeCurrency } from './model/home-currency.ts';
import type { Description } from './security-store.ts';

export interface SecurityToAdd {
  readonly isin: Isin;
  readonly symbol: string;
  readonly name: string;
  readonly exchange: string;
}

/**
 * Symbol, name and exchange as the caller says, else as the source does; the rest from the source.
 * A security the source does not list is taken for one share a lot in its home currency, until the
 * source lists it.
 * @throws Failure INVALID_REQUEST where neither gives the symbol
 */
export function newSecurity(
  requested: SecurityToAdd,
  listed: ListedSecurity | undefined,
  base: Currency,
  addedAt: Instant,
): Description {
  const symbol = requested.symbol || listed?.symbol;
  if (!symbol)
    throw invalidRequest({
      field: 'symbol',
      message: 'is needed, as the source of market data does not list this ISIN',
    });
  const known = listed ? describedBy(listed, addedAt) : unlisted(requested.isin, base, addedAt);
  return {
    ...known,
    symbol,
    name: requested.name || listed?.name || symbol,
    exchange: requested.exchange || listed?.exchange || '',
  };
}

function unlisted(
  isin: Isin,
  base: Currency,
  addedAt: Instant,
): Omit<Description, 'symbol' | 'name' | 'exchange'> {
  return {
    isin,
    currency: homeCurrency(isin) ?? base,
    country: countryOf(isin),
    securityType: 'UNKNOWN',
    lot: Decimal.one,
    addedAt,
  };
}
