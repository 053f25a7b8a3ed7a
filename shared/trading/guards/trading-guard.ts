/** What restricts trading beside the state that a person set. */
import type { Expectation } from '#shared/redis/change.ts';
import type { TradingReason } from '../model/trading-control.ts';

export interface Verdict {
  readonly reasons: readonly TradingReason[];
  /** Documents it was read from: a commit that depends on it must still find them. */
  readonly unchanged?: readonly Expectation[] | undefined;
}

export type TradingGuard = () => Promise<Verdict>;
