/** Currencies that each broker takes orders in: known without a connection, since plans need them as well. */
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import type { Settings } from '#shared/process/settings.ts';

/** @returns undefined for any currency */
export function orderCurrencies(
  broker: Settings['broker'],
  account: Currency,
): readonly Currency[] | undefined {
  if (broker === 'alpaca') return [parseCurrency('USD')];
  return broker === 'tradernet' ? [account] : undefined;
}
