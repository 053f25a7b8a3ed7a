/** The owner's change of a plan that waits: another plan takes its place, and waits in turn. */
import type { Plan as PlanMessage } from '#protos/gen/planning.ts';
import { planning } from '#shared/contract/planning.ts';
import type { gateway } from '#shared/contract/gateway.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import { present } from '#shared/kernel/assert.ts';
import { notFound, refused } from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { isoText } from '#shared/kernel/instant.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import type { Context } from '#shared/runtime/context.ts';
import {
  ordersHashOf,
  proposalDigestOf,
  requireUnanswered,
  type Proposal,
} from '../model/proposal.ts';
import { requireBound } from './proposal-answer.ts';
import { bindingOf } from './binding.ts';
import { ProposalStore } from './proposal-store.ts';

type ChangeRequest = RequestOf<typeof gateway.changePlan>;

/**
 * The proposal that is to be changed, found by the digest it was shown with. One that this same call has replaced
 * before it was interrupted is changed to its end.
 * @throws Failure NOT_FOUND; INVALID_REQUEST digest; REFUSED proposal-state, proposal-expired
 */
export async function changeable(
  store: ProposalStore,
  { planId, digest }: ChangeRequest,
  { now, idempotencyKey }: Pick<Context, 'now' | 'idempotencyKey'>,
): Promise<Proposal> {
  const proposal = await store.find(planId);
  if (!proposal) throw notFound('proposal of the plan', planId);
  requireBound(proposal, digest);
  if (proposal.changedBy === idempotencyKey) return proposal;
  requireUnanswered(proposal);
  if (now() < proposal.expiresAt) return proposal;
  throw refused(
    'proposal-expired',
    `Too late: the plan ${planId} could be answered until ${isoText(proposal.expiresAt)}. The next cycle makes a new plan.`,
    { planId },
  );
}

/** The plan that is left; stored unless it is only tried. */
export async function planLeft(
  { functions, callOptions, idempotencyKey, newId }: Context,
  { accountId, planId, quantities, dryRun }: ChangeRequest,
): Promise<PlanMessage> {
  const request = {
    ...{ changedFrom: planId, quantities: Object.fromEntries(quantities), dryRun },
    constraints: { account: accountId },
  };
  // A call that is repeated after a crash finds the plan that it had made.
  const options = callOptions(dryRun ? newId() : `${idempotencyKey}-changed`);
  const { plan } = await functions.call(planning.createPlan, request, options);
  return present(plan, 'the last message of planning carries the plan');
}

/** Puts the plan in the place of the other one, under the same deadline. */
export async function propose(
  context: Context,
  original: Proposal,
  planId: PlanId,
  { accountId, answeredBy, surface }: ChangeRequest,
): Promise<Proposal> {
  const { database, now } = context;
  const plan = present(await new StoredPlans(database).find(planId), 'the plan was stored');
  const { expiresAt } = original;
  const proposal: Proposal = {
    planId,
    digest: proposalDigestOf(bindingOf(context, plan, expiresAt)),
    ordersHash: ordersHashOf(plan),
    state: 'PROPOSED',
    proposedAt: now(),
    expiresAt,
    because: original.because,
    tokens: [],
  };
  const facts = {
    ...{ answeredAt: now(), answeredBy, surface },
    reason: `changed by its owner into the plan ${planId}`,
    changedBy: context.idempotencyKey,
  };
  const store = new ProposalStore(database, accountId);
  const stored = await store.replace(original.planId, proposal, facts);
  await markPlan(database, original.planId, 'cancelled');
  return stored;
}
