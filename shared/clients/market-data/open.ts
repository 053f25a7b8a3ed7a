/** The source of market data the settings name; it is loaded only when it is named. */
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { MarketDataChoice } from '#shared/process/settings/market-settings.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { MarketDataDependencies } from './market-data-dependencies.ts';
import type { MarketData } from './market-data.ts';

const BASE_CURRENCY_DEFAULT = parseCurrency('EUR');

/**
 * Opens the source, and settles the base currency: what the setting says; else EUR; but prices of a
 * single currency without any exchange rates make an account in that currency.
 */
export async function openMarketData(
  settings: Settings,
  dependencies: MarketDataDependencies,
): Promise<{ marketData: MarketData; baseCurrency: Currency }> {
  const first = await openSource(settings.marketData, settings, dependencies);
  const baseCurrency = settings.baseCurrency ?? first.onlyCurrency ?? BASE_CURRENCY_DEFAULT;
  if (settings.marketDataCheck === undefined) return { marketData: first, baseCurrency };
  const ofSecond = { ...dependencies, fileFacts: undefined };
  const second = await openSource(settings.marketDataCheck, settings, ofSecond);
  const { ComparedMarketData } = await import('./live/compared-market-data.ts');
  return { marketData: new ComparedMarketData(first, second), baseCurrency };
}

type Source = MarketData & { readonly onlyCurrency?: Currency | undefined };

async function openSource(
  choice: MarketDataChoice,
  settings: Settings,
  dependencies: MarketDataDependencies,
): Promise<Source> {
  switch (choice.kind) {
    case 'sample': {
      const { SampleMarketData } = await import('./sample/sample-market-data.ts');
      return new SampleMarketData(choice.seed, () => dependencies.now());
    }
    case 'csv': {
      const { openCsv } = await import('./csv/csv-market-data.ts');
      return openCsv(choice.path, dependencies.now(), dependencies.fileFacts);
    }
    case 'imported':
      return openImported(dependencies);
    case 'live': {
      const { openLive } = await import('./live/open-live.ts');
      return openLive(choice.source, settings, dependencies);
    }
  }
}

async function openImported({ database }: MarketDataDependencies): Promise<Source> {
  if (!database) throw refused('market-data-settings', 'MARKET_DATA=imported needs Redis.');
  const { ImportedMarketData } = await import('./imported/imported-market-data.ts');
  const imported = new ImportedMarketData(database);
  await imported.refresh();
  return imported;
}
