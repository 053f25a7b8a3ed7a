/** Starts a trading cycle that invests a deposit and sells nothing. */
import { Failure } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { DEFAULT_ACCOUNT, type AccountId, type CycleId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Money } from '#shared/kernel/money.ts';
import { trustOf } from './approval/trust-store.ts';
import { cycleIdOf } from './cycle/cycle-run.ts';
import { decideTrust } from './model/trust.ts';

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
    const { run, joined } = await context.runs.add(
      operation,
      body,
      requested,
      context.requestId,
      context,
    );
    const cycleId = cycleIdOf(run);
    return joined
      ? { cycleId, message: `The cycle ${cycleId} runs already; what it leaves, the next invests.` }
      : { cycleId, message: `The cycle ${cycleId} ${await whatItDoes(context, account)}` };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'CONFLICT') throw thrown;
    return { message: 'Another trading cycle runs; the next one will invest it.' };
  }
}

/** What a cycle may do with the cash, by the level of trust, before there is a plan. */
async function whatItDoes(context: Context, account: AccountId): Promise<string> {
  const { level, limits } = await trustOf(context, account);
  const decision = decideTrust({
    ...{ level, limits, orders: [], portfolioValue: Money.zero(context.baseCurrency) },
    ...{ sentToday: [], sentThisMonth: [], unresolved: [] },
    isLiveBroker: !context.broker.simulated,
    isSimulatedMarket: context.marketData.simulated,
  });
  if (decision.kind === 'record')
    return `plans how to invest it, and sends no order: ${decision.because.join('; ')}.`;
  if (decision.kind === 'ask')
    return `plans how to invest it, and asks first: ${decision.because.join('; ')}.`;
  return level === 'within-limits'
    ? 'invests it, or asks where its plan exceeds a limit of the policy.'
    : 'invests it.';
}
