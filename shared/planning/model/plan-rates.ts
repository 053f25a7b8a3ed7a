/** The rates that a plan was made with. */
import type { ExchangeRate } from '#shared/kernel/exchange-rate.ts';

/** One for each currency that is converted, by its name. */
export function ratesBehind(
  instruments: readonly { readonly rate: ExchangeRate }[],
): readonly ExchangeRate[] {
  const rates = new Map(instruments.map(({ rate }) => [rate.from, rate]));
  return [...rates.values()]
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}
