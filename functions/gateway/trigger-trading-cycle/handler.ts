/**
 * The trading cycle. It may be called again for the same run after any crash: until the first
 * order was sent it reads and plans again; from then on it carries out the plan it had, and sends
 * only what was not sent. A plan that is no longer valid, or whose prices have moved too far, is
 * replaced while nothing of it was sent; afterwards the rest of it is given up by name. When nobody wants it any more it stops at once, but among its orders only
 * between two of them, and books those. `force` ignores how fresh the prices are, never a check.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { Cycle } from '#shared/gateway/cycle/cycle.ts';
import { findPlan, makePlan, validate } from '#shared/gateway/cycle/decide.ts';
import { book, execute } from '#shared/gateway/cycle/execute.ts';
import {
  snapshot,
  optimise,
  score,
  syncPositions,
  syncPrices,
} from '#shared/gateway/cycle/prepare.ts';
import { givesUpPlan } from '#shared/gateway/cycle/resume.ts';
import { report } from '#shared/gateway/cycle/report.ts';
import { handle } from '#shared/runtime/handle.ts';

const prepare = [syncPositions, syncPrices, snapshot];
/** Before an interrupted plan goes on: what was filled meanwhile is booked, prices are of now. */
const refresh = [syncPositions, syncPrices];
const decide = [score, optimise, makePlan, validate];
const act = [execute, book];

export default handle(gateway.triggerTradingCycle, async function* (request, context) {
  const cycle = await Cycle.open(context, request, gateway.triggerTradingCycle.timeoutMs);
  try {
    const resumed = cycle.record.executionBegan;
    cycle.isResumed = resumed;
    if (resumed) await findPlan(cycle);
    if (resumed) for (const step of refresh) yield* step(cycle);
    const plans = !resumed || (await givesUpPlan(cycle));
    const steps = [...(plans ? [...prepare, ...decide] : []), ...(request.dryRun ? [] : act)];
    for (const step of steps) if (cycle.goesOn) yield* step(cycle);
    await cycle.endIfCancelled();
    yield await report(cycle);
  } finally {
    await cycle.close();
  }
});
