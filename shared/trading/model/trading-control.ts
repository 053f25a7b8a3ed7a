/** The kill switch. */
import type { Instant } from '#shared/kernel/instant.ts';

/** ACTIVE trades; REDUCING only sells; HALTED sends nothing, and only cancels. */
export const controlStates = ['ACTIVE', 'REDUCING', 'HALTED'] as const;
export type ControlState = (typeof controlStates)[number];

export interface TradingControl {
  readonly state: ControlState;
  /** For a person. */
  readonly reason: string;
  readonly changedAt?: Instant | undefined;
}

/** Why an order of this side may not be sent now, or undefined. */
export function heldBack(
  control: TradingControl,
  side: 'BUY' | 'SELL',
): { code: string; message: string } | undefined {
  const { state, reason } = control;
  if (state === 'HALTED')
    return { code: 'trading-halted', message: `Trading is HALTED: ${reason}.` };
  if (state === 'REDUCING' && side === 'BUY')
    return { code: 'reducing-only', message: `Only sales are let pass (REDUCING): ${reason}.` };
  return undefined;
}
