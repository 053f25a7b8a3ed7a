/** A corporate action as it is answered. */
import type { CorporateAction as WireAction } from '#protos/gen/universe.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';

export function actionMessage(action: CorporateAction): WireAction {
  const { actionId, kind, isin, day, source } = action;
  return {
    ...{ actionId, kind, isin, day, source },
    payDay: action.payDay ?? '',
    newShares: action.newShares?.toString() ?? '',
    oldShares: action.oldShares?.toString() ?? '',
    amount: action.amount?.toJSON(),
    taxRatio: action.taxRatio?.toString() ?? '',
    newIsin: action.newIsin ?? '',
    newSymbol: action.newSymbol ?? '',
    costRatio: action.costRatio?.toString() ?? '',
    fractionPrice: action.fractionPrice?.toJSON(),
  };
}
