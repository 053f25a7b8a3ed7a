/** Starts a trading cycle that invests a deposit and sells nothing. */
import { Failure } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { DEFAULT_ACCOUNT, type AccountId, type CycleId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { cycleIdOf } from './cycle/cycle-run.ts';

export interface Investing {
  /** Absent when another kind of cycle runs: the deposit then waits for the next one; and for another account. */
  readonly cycleId?: CycleId | undefined;
  readonly message: string;
}

/** The cycle is queued, not awaited; asking again for the same deposit starts no other. */
export async function investLater(
  context: Context,
  deposit: string,
  account: AccountId,
): Promise<Investing> {
  if (account !== DEFAULT_ACCOUNT)
    return {
      message: `It stays in cash: trading cycles invest in the account ${DEFAULT_ACCOUNT} alone.`,
    };
  const operation = gateway.triggerTradingCycle;
  const requested = `${operation.name}-${shortHash(`invest-${deposit}`)}`;
  const body = JSON.stringify({ buysOnly: true });
  try {
    const { run, joined } = await context.runs.add(operation, body, requested, context.requestId);
    const cycleId = cycleIdOf(run);
    return joined
      ? { cycleId, message: `The cycle ${cycleId} runs already; what it leaves, the next invests.` }
      : { cycleId, message: `The cycle ${cycleId} invests it.` };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'CONFLICT') throw thrown;
    return { message: 'Another trading cycle runs; the next one will invest it.' };
  }
}
