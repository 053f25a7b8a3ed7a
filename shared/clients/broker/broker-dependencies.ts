/** Dependencies of a broker adapter beside the settings. */
import type { MarketData } from '../market-data/market-data.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';

export interface BrokerDependencies {
  readonly database: Database;
  readonly marketData: MarketData;
  readonly baseCurrency: Currency;
  /**
   * Returns a function that reads a secret; it throws Failure UNAVAILABLE while the secret is
   * missing.
   */
  secret(name: string): () => string;
  now(): Instant;
}
