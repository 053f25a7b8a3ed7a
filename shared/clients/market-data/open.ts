/** The source of market data the settings name. */
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { MarketDataChoice, Settings } from '#shared/process/settings.ts';
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
  const marketData = await openSource(settings.marketData, now);
  return {
    marketData,
    baseCurrency: settings.baseCurrency ?? marketData.onlyCurrency ?? BASE_CURRENCY_DEFAULT,
  };
}

type Source = MarketData & { readonly onlyCurrency?: Currency | undefined };

async function openSource(choice: MarketDataChoice, now: () => Instant): Promise<Source> {
  switch (choice.kind) {
    case 'sample':
      return new SampleMarketData(choice.seed, now);
    case 'csv':
      return openCsv(choice.path, now());
  }
}
