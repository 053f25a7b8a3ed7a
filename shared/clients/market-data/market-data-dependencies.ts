/** What a source of market data is given beside the settings. */
import type { Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';

export interface MarketDataDependencies {
  now(): Instant;
  /** What gives the text of a secret's file; it throws Failure UNAVAILABLE while that is missing. */
  secret(name: string): () => string;
  /** Through which all processes keep to one pace; unset: each keeps its own. */
  readonly database?: Database | undefined;
}
