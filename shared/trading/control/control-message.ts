/** The trading state as it is answered. */
import type { TradingControl } from '../model/trading-control.ts';

export function restrictionsOf({ reasons }: TradingControl) {
  return reasons.map(({ code, state, message }) => ({ code, state, message }));
}

/** One sentence for a person. */
export function controlText({ state, reason }: TradingControl): string {
  if (state === 'ACTIVE') return 'Trading is ACTIVE.';
  const means = state === 'HALTED' ? 'no order is sent' : 'only sales are sent';
  return `Trading is ${state}, ${means}: ${reason}.`;
}
