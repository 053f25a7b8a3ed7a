/** What an adapter to a broker is given beside the settings. */
import type { MarketData } from '../market-data/market-data.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';

export interface BrokerDependencies {
  readonly database: Database;
  readonly marketData: MarketData;
  readonly baseCurrency: Currency;
  /** What gives the text of a secret's file; it throws Failure UNAVAILABLE while that is missing. */
  secret(name: string): () => string;
  now(): Instant;
}
