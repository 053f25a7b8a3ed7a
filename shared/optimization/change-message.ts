/** A change of an allocation as callers see it. */
import type { AllocationChange } from '#protos/gen/optimization.ts';
import { signedValue, type Change } from './model/account.ts';

export function changeMessage(change: Change): AllocationChange {
  const shares = change.quantity.toEstimate();
  return {
    isin: change.isin,
    symbol: change.symbol,
    currentWeight: change.currentWeight,
    targetWeight: change.targetWeight,
    quantityChange: change.side === 'BUY' ? shares : -shares,
    valueChange: signedValue(change).toJSON(),
    side: change.side,
  };
}
