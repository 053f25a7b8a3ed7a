import { toTimestamp } from '#shared/kernel/instant.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { ControlStore } from '#shared/trading/control-store.ts';
import { restrictionsOf } from '#shared/trading/control-message.ts';

/** Answers what may be sent to the broker now: the strictest of all reasons, and each of them. */
export default handle(trading.getTradingState, async (_request, context) => {
  const control = await new ControlStore(context.database, context.settings.dataDir).read();
  const { state, changedAt } = control;
  return {
    state,
    restrictions: restrictionsOf(control),
    changedAt: changedAt === undefined ? undefined : toTimestamp(changedAt),
  };
});
