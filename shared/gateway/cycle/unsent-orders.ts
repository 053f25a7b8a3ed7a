/** Orders of a cycle that are not at the broker yet, and may still get there. */
import { trading } from '#shared/contract/trading.ts';
import type { TradeId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import type { CycleRecord, OrderAttempt } from '../model/cycle.ts';
import type { Cycle } from './cycle-run.ts';

type Clocks = Pick<Context, 'now' | 'steady'>;

/**
 * Whether a call of an earlier attempt may still store and send an order that is not stored. Such a
 * call ends when its time is up.
 */
export function mayArrive(
  { attempt }: Pick<CycleRecord, 'attempt'>,
  clocks: Clocks,
  tradeId: TradeId,
): boolean {
  if (attempt?.tradeId !== tradeId) return false;
  return elapsedMs(attempt, clocks) <= trading.executeTrade.timeoutMs;
}

/** By the monotonic clock, unless the machine was rebooted in between. */
function elapsedMs({ at, steady: then }: OrderAttempt, { now, steady }: Clocks): number {
  const present = steady();
  return then?.boot === present.boot ? present.ms - then.ms : now() - at;
}

/** Ends an order that is stored and not sent. @returns false where it was sent in the meantime */
export async function withdrawn(cycle: Cycle, tradeId: TradeId): Promise<boolean> {
  const reason = 'The trading cycle gave it up.';
  await cycle.callWhole(trading.cancelTrade, { tradeId, reason }, `${tradeId}-given-up`);
  const { execution } = await cycle.callWhole(trading.getTradeStatus, { tradeId });
  return (
    ['DENIED', 'ABSENT', 'CANCELLED'].includes(execution?.state ?? '') &&
    execution?.quantityFilled === 0
  );
}
