/** A change of an allocation as callers see it. */
import type { AllocationChange } from '#protos/gen/optimization.ts';
import { signedValue, type PositionChange } from './model/account.ts';

export function changeMessage(change: PositionChange): AllocationChange {
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
