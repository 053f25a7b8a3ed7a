/** The context of an operation: its dependencies behind interfaces, and the call. */
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { CallOptions, FunctionsClient } from '#shared/clients/functions-client.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Facts } from '#shared/kernel/failure.ts';
import type { Instant, SteadyTime } from '#shared/kernel/instant.ts';
import type { Placement } from '#shared/placement/placement.ts';
import type { Database } from '#shared/redis/database.ts';
import type { AuditTrail } from './audit/audit-trail.ts';
import type { Runs } from './runs/runs.ts';
import type { Log } from '#shared/process/log.ts';
import type { Settings } from '#shared/process/settings.ts';

/** What a process opens once and every call shares. */
export interface Dependencies {
  readonly settings: Settings;
  readonly baseCurrency: Currency;
  /** Version of the build. */
  readonly build: string;
  readonly log: Log;
  readonly database: Database;
  readonly marketData: MarketData;
  readonly broker: Broker;
  readonly functions: FunctionsClient;
  /** Which service runs on which board. */
  readonly placement: Placement;
  /** Who did what; absent where nobody keeps it (tests, replays). */
  readonly audit?: AuditTrail | undefined;
  /** Queued runs of long operations. */
  readonly runs: Runs;
  /** Tokens by scope; null demands none (tests, and functions behind a guarded gateway). */
  readonly tokens: Tokens | null;
  now(): Instant;
  /** By a clock that setting the wall clock does not change. */
  steady(): SteadyTime;
  /** A new unique id: 128 random bits in hex. */
  newId(): string;
  close(): Promise<void>;
}

export interface Tokens {
  /** Lets a caller read, where reading needs a token. */
  readonly read?: string;
  /** Lets a caller change state. */
  readonly write: string;
  /** Lets a caller also move money. */
  readonly trade: string;
}

/** One call. */
export interface Context extends Dependencies {
  /** Aborts when the caller leaves or the time is up. */
  readonly signal: AbortSignal;
  /** Names this call in logs and answers. */
  readonly requestId: string;
  /**
   * The caller's key, or the request id where none came: repeats of one call share it, so ids
   * derived from it make a repeated write harmless.
   */
  readonly idempotencyKey: string;
  /** W3C traceparent of the span of this call, or of its caller. */
  readonly traceparent?: string | undefined;
  /** The queued run this call executes, where the connector made it. */
  readonly run: string | undefined;
  /** What an unknown outcome of this call is named and queried by, e.g. `tradeId` and `ask`. */
  nameOutcome(facts: Facts): void;
  /**
   * The answer is not final: a repeat with the same key does the work again instead of returning this
   * answer.
   */
  answerIsOpen(): void;
  /** What to pass on when calling another operation. */
  callOptions(idempotencyKey?: string): CallOptions;
}
