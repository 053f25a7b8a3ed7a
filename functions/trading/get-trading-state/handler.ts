import { toTimestamp } from '#shared/kernel/instant.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { openControl } from '#shared/trading/guards/open-control.ts';
import { allDifferences } from '#shared/trading/guards/reconciliation-guard.ts';
import { reconciliationsOf } from '#shared/trading/reconciliation-message.ts';
import { restrictionsOf } from '#shared/trading/control/control-message.ts';

/** Answers what may be sent to the broker now: the strictest of all reasons, and each of them. */
export default handle(trading.getTradingState, async (_request, context) => {
  const control = await openControl(context).read();
  const { state, changedAt } = control;
  return {
    state,
    restrictions: restrictionsOf(control),
    reconciliations: reconciliationsOf(await allDifferences(context)),
    changedAt: changedAt === undefined ? undefined : toTimestamp(changedAt),
  };
});
