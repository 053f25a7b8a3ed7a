/**
 * The trading state: what may be sent to the broker now. It is the strictest of several reasons, each
 * of which applies until it is lifted at its source.
 */
import type { Instant } from '#shared/kernel/instant.ts';

/** From the loosest: ACTIVE trades; REDUCING only sells; HALTED sends nothing, and only cancels. */
export const controlStates = ['ACTIVE', 'REDUCING', 'HALTED'] as const;
export type ControlState = (typeof controlStates)[number];

/** Why trading is restricted. */
export interface TradingReason {
  /** Stable, for programs: `set-by-operator`, `file`, … */
  readonly code: string;
  readonly state: Exclude<ControlState, 'ACTIVE'>;
  /** For a person, without a full stop. */
  readonly message: string;
}

/** The state that was set by an operation, as it is stored. */
export interface StoredControl {
  readonly state: ControlState;
  readonly reason: string;
  readonly changedAt?: Instant | undefined;
}

export interface TradingControl {
  readonly state: ControlState;
  /** All reasons as text, the strictest first. */
  readonly reason: string;
  readonly reasons: readonly TradingReason[];
  readonly changedAt?: Instant | undefined;
}

/** The state that follows from all reasons together; ACTIVE without any. */
export function controlOf(
  stored: StoredControl | undefined,
  others: readonly TradingReason[],
): TradingControl {
  const reasons = [...reasonOf(stored), ...others].sort((a, b) => rank(b.state) - rank(a.state));
  return {
    state: reasons[0]?.state ?? 'ACTIVE',
    reason: reasons.map(({ message }) => message).join('; '),
    reasons,
    ...(stored?.changedAt !== undefined && { changedAt: stored.changedAt }),
  };
}

function reasonOf(stored: StoredControl | undefined): TradingReason[] {
  if (!stored || stored.state === 'ACTIVE') return [];
  return [{ code: 'set-by-operator', state: stored.state, message: stored.reason }];
}

function rank(state: ControlState): number {
  return controlStates.indexOf(state);
}

/** Why an order of this side may not be sent now, or undefined. */
export function controlViolation(
  { state, reason }: Pick<TradingControl, 'state' | 'reason'>,
  side: 'BUY' | 'SELL',
): { code: string; message: string } | undefined {
  if (state === 'HALTED')
    return { code: 'trading-halted', message: `Trading is HALTED: ${reason}.` };
  if (state === 'REDUCING' && side === 'BUY')
    return { code: 'reducing-only', message: `Only sales are let pass (REDUCING): ${reason}.` };
  return undefined;
}
