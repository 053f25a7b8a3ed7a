/** Proposals as they travel, with their plans. */
import type {
  Proposal as ProposalMessage,
  RecordedOrder,
  TrustResponse,
} from '#protos/gen/gateway.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import { planMessage } from '#shared/planning/plan-message.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Proposal } from '../model/proposal.ts';
import type { Trust } from './trust-store.ts';

type Sources = Pick<Dependencies, 'database' | 'baseCurrency'>;

export async function proposalMessage(
  sources: Sources,
  accountId: AccountId,
  proposal: Proposal,
): Promise<ProposalMessage> {
  const plan = await new StoredPlans(sources.database).find(proposal.planId);
  const { planId, digest, state, proposedAt, expiresAt, because, answeredAt } = proposal;
  return {
    ...{ planId, accountId, digest, state, because: [...because] },
    proposedAt: toTimestamp(proposedAt),
    expiresAt: toTimestamp(expiresAt),
    answeredAt: answeredAt === undefined ? undefined : toTimestamp(answeredAt),
    answeredBy: proposal.answeredBy ?? '',
    surface: proposal.surface ?? '',
    reason: proposal.reason ?? '',
    cycleId: proposal.cycleId ?? '',
    plan: plan && planMessage(plan),
    recordedOrders:
      plan && state === 'RECORDED' ? await recordedOrders(sources, proposal, plan) : [],
  };
}

/** What the plan would have done beside what was done in the account until its time was over. */
async function recordedOrders(
  { database, baseCurrency }: Sources,
  { proposedAt, expiresAt }: Proposal,
  plan: Plan,
): Promise<RecordedOrder[]> {
  const ledger = await new StoredBook(database, baseCurrency).ledger(plan.accountId);
  const within = ledger.filter(
    ({ happenedAt }) => happenedAt >= proposedAt && happenedAt < expiresAt,
  );
  return plan.actions.map(({ isin, symbol, side, quantity }) => {
    const kind = side === 'BUY' ? 'buy' : 'sell';
    const done = within
      .filter((entry) => entry.kind === kind && entry.isin === isin)
      .reduce((sum, entry) => sum.add(entry.quantity ?? Decimal.zero), Decimal.zero);
    return {
      ...{ isin, symbol, side },
      plannedQuantity: quantity.toEstimate(),
      doneQuantity: done.absolute().toEstimate(),
    };
  });
}

export function trustMessage(trust: Trust, message = '', success = true): TrustResponse {
  const { level, granted, ceiling = '', steps } = trust;
  return {
    ...{ success, message, level, granted, ceiling },
    steps: steps.map(({ at, ...step }) => ({ ...step, at: toTimestamp(at) })),
  };
}
