/** Dependencies of a source of market data beside the settings. */
import type { Instant, SteadyTime } from '#shared/kernel/instant.ts';
import type { FileFacts } from './market-data.ts';
import type { Database } from '#shared/redis/database.ts';

export interface MarketDataDependencies {
  now(): Instant;
  /** Time that passes, however the clock is set; unset: since the machine was booted. */
  readonly steady?: (() => SteadyTime) | undefined;
  /**
   * Returns a function that reads a secret; it throws Failure UNAVAILABLE while the secret is
   * missing.
   */
  secret(name: string): () => string;
  /** Coordinates the call rate of all processes; unset: each process limits its own. */
  readonly database?: Database | undefined;
  /** What another thread of this process has read in files of prices. */
  readonly fileFacts?: FileFacts | undefined;
}
