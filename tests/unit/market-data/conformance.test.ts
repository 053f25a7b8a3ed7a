/** Each source of market data keeps to what all of them must. */
import { join } from 'node:path';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { SampleMarketData } from '#shared/clients/market-data/sample/sample-market-data.ts';
import {
  marketDataConforms,
  marketDataConformsInRates,
  NOW,
} from '../../support/markets/market-data-conformance.ts';

const fixtures = join(__dirname, '../../fixtures/csv');

const sources: readonly (readonly [string, () => Promise<MarketData>])[] = [
  ['sample', async () => new SampleMarketData('7', () => NOW)],
  ['csv, one wide file of closes', () => openCsv(join(fixtures, 'wide/closes.csv'))],
  ['csv, a folder with a wide file', () => openCsv(join(fixtures, 'wide'))],
  ['csv, a folder with a file a symbol', () => openCsv(join(fixtures, 'per-symbol'))],
];

describe.each(sources)('market data: %s', (_name, open) => marketDataConforms(open));

describe.each(sources.slice(0, 3))('market data with rates: %s', (_name, open) =>
  marketDataConformsInRates(open),
);
