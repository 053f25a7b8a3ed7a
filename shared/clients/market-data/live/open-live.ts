/** Opens a live source with all that it needs: the list, the rates, the pace, the recording. */
import { join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { isLoopback } from '#shared/process/loopback.ts';
import { steadyTime } from '#shared/process/steady-clock.ts';
import type { LiveSource } from '#shared/process/settings/market-settings.ts';
import type { Settings } from '#shared/process/settings.ts';
import { ProcessPace, SharedPace, type Pace } from '../../broker/call-pace.ts';
import type { MarketDataDependencies } from '../market-data-dependencies.ts';
import { EcbRates } from './ecb-rates.ts';
import { importedListing } from '../imported/imported-listing.ts';
import type { ListingPlace } from '../csv/listing-place.ts';
import { filesOnDisk, ListedSecurities } from './listed-securities.ts';
import { LiveMarketData, type PriceSource } from './live-market-data.ts';
import { OpenFigi } from './open-figi.ts';
import { ThrottledFetch } from './throttled-fetch.ts';
import { Recording } from './recorded-answers.ts';

const HOUR_MS = 3_600_000;

/** Least time between two calls, and how long an answer is remembered. */
const callPolicies = {
  yahoo: { service: 'Yahoo', spacingMs: 1_000, freshMs: 15 * 60_000 },
  alpaca: { service: 'Alpaca', spacingMs: 350, freshMs: 15 * 60_000 },
  tradernet: { service: 'Tradernet', spacingMs: 1_500, freshMs: 15 * 60_000 },
  ecb: { service: 'The ECB', spacingMs: 1_000, freshMs: HOUR_MS },
  openfigi: { service: 'OpenFIGI', spacingMs: 2_500, freshMs: HOUR_MS },
} as const;

export async function openLive(
  source: LiveSource,
  settings: Settings,
  { now, steady = steadyTime, secret, database }: MarketDataDependencies,
): Promise<LiveMarketData> {
  const mock = mockUrl(settings);
  const recording = recordingOf(settings);
  const standsAt = recording?.replays ? instantOf(await recording.latestMs()) : undefined;
  const nowMs = (): number => standsAt ?? now();
  const fetching = (name: keyof typeof callPolicies): ThrottledFetch => {
    const { service, spacingMs, freshMs } = callPolicies[name];
    const pace = paceOf(name, mock === undefined ? spacingMs : 1, database);
    const clocks = { nowMs: now, steadyMs: () => steady().ms };
    return new ThrottledFetch({ service, pace, freshMs, recording, ...clocks });
  };
  const prices = await openPrices(source, { settings, mock, fetching, nowMs, secret });
  return new LiveMarketData({
    prices,
    rates: new EcbRates(fetching('ecb'), mock ?? 'https://www.ecb.europa.eu', nowMs),
    listed: new ListedSecurities(...listingPlaces(settings, database)),
    standsAt,
    now,
  });
}

/** A file that a setting names; else the one of DATA_DIR; else what was imported. */
function listingPlaces(
  { securitiesFile, dataDir }: Settings,
  database: MarketDataDependencies['database'],
): readonly ListingPlace[] {
  if (securitiesFile !== undefined) return [filesOnDisk(securitiesFile)];
  const own = filesOnDisk(join(dataDir, 'securities.csv'));
  return database ? [own, importedListing(database)] : [own];
}

interface Around {
  readonly settings: Settings;
  readonly mock: string | undefined;
  readonly secret: MarketDataDependencies['secret'];
  fetching(name: keyof typeof callPolicies): ThrottledFetch;
  nowMs(): number;
}

async function openPrices(source: LiveSource, around: Around): Promise<PriceSource> {
  const { settings, mock, fetching, nowMs, secret } = around;
  switch (source) {
    case 'alpaca': {
      const { AlpacaPrices } = await import('../alpaca/alpaca-prices.ts');
      return new AlpacaPrices({
        fetch: fetching('alpaca'),
        baseUrl: mock ?? 'https://data.alpaca.markets',
        feed: settings.alpacaFeed,
        keyId: secret('alpaca-key-id'),
        secretKey: secret('alpaca-secret-key'),
      });
    }
    case 'tradernet': {
      const { TradernetPrices } = await import('../tradernet/tradernet-prices.ts');
      const baseUrl = mock ?? `https://${settings.tradernetHost}`;
      return new TradernetPrices({ fetch: fetching('tradernet'), baseUrl, nowMs });
    }
    case 'yahoo': {
      const { YahooPrices } = await import('../yahoo/yahoo-prices.ts');
      const figi = new OpenFigi({
        fetch: fetching('openfigi'),
        url: mock ?? 'https://api.openfigi.com',
        apiKey: optionalSecret(secret('openfigi-api-key')),
        cacheFile: join(settings.dataDir, 'openfigi-tickers.json'),
      });
      const baseUrl = mock ?? 'https://query2.finance.yahoo.com';
      return new YahooPrices({ fetch: fetching('yahoo'), figi, baseUrl, nowMs });
    }
  }
}

/** Works without a key, only slower. */
function optionalSecret(read: () => string): () => string {
  return () => {
    try {
      return read();
    } catch {
      return '';
    }
  };
}

function paceOf(
  name: string,
  spacingMs: number,
  database: MarketDataDependencies['database'],
): Pace {
  return database ? new SharedPace(database, name, spacingMs) : new ProcessPace(spacingMs);
}

function recordingOf({ marketDataRecord, marketDataReplay }: Settings): Recording | undefined {
  if (marketDataRecord !== undefined && marketDataReplay !== undefined)
    throw refused(
      'market-data-settings',
      'MARKET_DATA_RECORD and MARKET_DATA_REPLAY are both set.',
    );
  if (marketDataReplay !== undefined) return new Recording(marketDataReplay, true);
  return marketDataRecord === undefined ? undefined : new Recording(marketDataRecord, false);
}

/** Keys are never sent to an address that somebody put into the environment. */
function mockUrl({ marketDataUrl, liveTrading }: Settings): string | undefined {
  if (marketDataUrl === undefined) return undefined;
  const host = URL.canParse(marketDataUrl) ? new URL(marketDataUrl).hostname : '';
  if (liveTrading === 'on' || !isLoopback(host))
    throw refused(
      'market-data-settings',
      'MARKET_DATA_URL names simulated sources on this machine, and needs LIVE_TRADING=off.',
    );
  return marketDataUrl.replace(/\/+$/, '');
}
