/**
 * The trading cycle. It may be called again for the same run after any crash: until the first
 * order was sent it reads and plans again; from then on it carries out the plan it had, and sends
 * only what was not sent. A plan that is no longer valid, or whose prices have moved too far, is
 * replaced while nothing of it was sent; afterwards the rest of it is given up by name. A plan that the
 * level of trust does not allow waits for the owner's answer; an approved one is executed instead of a
 * new one. A cancelled cycle stops at once, but among its orders only between two of them, and books
 * those. `force` ignores how fresh the prices are, never a check.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { askOwner, followProposal } from '#shared/gateway/cycle/approval.ts';
import { awaitBoards } from '#shared/gateway/cycle/await-boards.ts';
import { Cycle } from '#shared/gateway/cycle/cycle-run.ts';
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
import { report } from '#shared/gateway/cycle/cycle-report.ts';
import { handle } from '#shared/runtime/handle.ts';

const prepare = [syncPositions, syncPrices, snapshot, followProposal];
/** Before an interrupted plan goes on: what was filled meanwhile is booked, prices are of now. */
const refresh = [syncPositions, syncPrices];
const decide = [score, optimise, makePlan, validate];
/** Towards stated weights nothing is scored or optimised. */
const decideStated = [makePlan, validate];
const act = [askOwner, execute, book];

export default handle(gateway.triggerTradingCycle, async function* (request, context) {
  const cycle = await Cycle.open(context, request, gateway.triggerTradingCycle.timeoutMs);
  try {
    const resumed = cycle.record.executionBegan;
    cycle.isResumed = resumed;
    yield* awaitBoards(cycle);
    if (resumed) await findPlan(cycle);
    if (resumed) for (const step of refresh) yield* step(cycle);
    const plans = !resumed || (await givesUpPlan(cycle));
    if (plans) for (const step of prepare) if (cycle.goesOn) yield* step(cycle);
    // An approved plan takes the place of a new one.
    const decides = plans && cycle.plan === undefined;
    const deciding = request.targetWeights.size > 0 ? decideStated : decide;
    const steps = [...(decides ? deciding : []), ...(request.dryRun ? [] : act)];
    for (const step of steps) if (cycle.goesOn) yield* step(cycle);
    await cycle.endIfCancelled();
    yield await report(cycle);
  } catch (thrown) {
    await cycle.fail(thrown);
    throw thrown;
  } finally {
    await cycle.close();
  }
});
