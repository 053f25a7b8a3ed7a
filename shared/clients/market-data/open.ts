/** The source of market data the settings name. */
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Settings } from '#shared/process/settings.ts';
import { openCsv } from './csv/csv-market-data.ts';
import type { MarketData } from './market-data.ts';
import { SampleMarketData } from './sample/sample-market-data.ts';

const BASE_CURRENCY_DEFAULT = parseCurrency('EUR');

/**
 * Opens the source, and settles the base currency: what the setting says; else EUR; but prices of a
 * single currency without any exchange rates make an account in that currency.
 */
export async function openMarketData(
  settings: Settings,
  now: () => Instant,
): Promise<{ marketData: MarketData; baseCurrency: Currency }> {
  const { marketData: choice, baseCurrency } = settings;
  if (choice.kind === 'sample')
    return {
      marketData: new SampleMarketData(choice.seed, now),
      baseCurrency: baseCurrency ?? BASE_CURRENCY_DEFAULT,
    };
  const marketData = await openCsv(choice.path, now());
  return {
    marketData,
    baseCurrency: baseCurrency ?? marketData.onlyCurrency ?? BASE_CURRENCY_DEFAULT,
  };
}
