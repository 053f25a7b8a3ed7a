/** The steps of a cycle that keep to the ladder of trust: an approved plan, and the owner's answer. */
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import { present } from '#shared/kernel/assert.ts';
import type { AccountId, PlanId } from '#shared/kernel/identifiers.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { isoText, later } from '#shared/kernel/instant.ts';
import { planning } from '#shared/contract/planning.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { bindingOf } from '../approval/binding.ts';
import { ProposalStore } from '../approval/proposal-store.ts';
import { trustDecision } from '../approval/trust-inputs.ts';
import {
  proposalDigestOf,
  moved,
  ordersHashOf,
  REJECTION_REMEMBERED_MS,
  rejectionOf,
  type Proposal,
} from '../model/proposal.ts';
import type { TrustDecision } from '../model/trust.ts';
import type { Cycle, ProgressStream } from './cycle-run.ts';
import { whyPriceMoved } from './plan-terms.ts';
import { handedToOther } from './cycle-attempt.ts';
import { isTakenOver } from './same-cycle.ts';

const HOUR_MS = 3_600_000;

/**
 * Before a cycle plans: a plan that was approved is executed instead of a new one, and one that waits
 * for an answer goes on waiting. Where the account or the prices have moved away from it, it is closed
 * and the cycle plans anew.
 */
export async function* followProposal(cycle: Cycle): ProgressStream {
  if (cycle.request.dryRun) return;
  const proposal = await storeOf(cycle).waiting();
  if (!proposal) return;
  const { plan } = await cycle.call(planning.getPlan, { planId: proposal.planId });
  cycle.plan = plan;
  const why = await whyClosed(cycle, proposal);
  if (why !== undefined) return yield await close(cycle, proposal, why);
  if (proposal.state === 'PROPOSED') {
    cycle.endsBecause = waitsText(proposal);
    return;
  }
  yield await adopt(cycle, proposal);
}

async function adopt(cycle: Cycle, proposal: Proposal): Promise<TradingCycleUpdate> {
  const { planId, digest, expiresAt: until } = proposal;
  await storeOf(cycle).move(planId, 'EXECUTING', { cycleId: cycle.id });
  await cycle.change((record) =>
    isTakenOver(record) ? record : { ...record, planId, approval: { digest, until } },
  );
  if (cycle.record.planId !== planId) throw await handedToOther(cycle);
  const by = proposal.answeredBy ? ` by ${proposal.answeredBy}` : '';
  return cycle.report('plan', 1, `The plan ${planId} was approved${by} and is executed.`);
}

/** Closes a proposal that no longer holds; the cycle plans anew. */
async function close(
  cycle: Cycle,
  { planId, expiresAt }: Proposal,
  reason: string,
): Promise<TradingCycleUpdate> {
  const state = cycle.context.now() >= expiresAt ? 'EXPIRED' : 'SUPERSEDED';
  await storeOf(cycle).move(planId, state, { reason });
  if (cycle.plan && cycle.plan.status !== 'COMPLETED')
    await markPlan(cycle.context.database, planId, 'cancelled');
  cycle.plan = undefined;
  return cycle.report('plan', 0, `The plan ${planId} is ${state}: ${reason}. A new one is made.`);
}

/** Why a proposal that waits, or was approved, cannot be executed as it was proposed. */
async function whyClosed(cycle: Cycle, proposal: Proposal): Promise<string | undefined> {
  const { context, plan: message } = cycle;
  const { expiresAt, state, cycleId, planId } = proposal;
  if (context.now() >= expiresAt)
    return state === 'PROPOSED'
      ? `nobody answered until ${isoText(expiresAt)}`
      : `it could not be executed until ${isoText(expiresAt)}`;
  if (state === 'EXECUTING' && cycleId !== cycle.id)
    return `the cycle ${cycleId ?? ''} that was to execute it did not`;
  const plan = await new StoredPlans(context.database).find(planId);
  if (!plan || !message || plan.status === 'CANCELLED') return 'the plan was given up';
  if (proposalDigestOf(bindingOf(context, plan, expiresAt)) !== proposal.digest)
    return 'the broker or its settings have changed';
  const { accountId } = plan;
  const { portfolioHash } = await cycle.call(portfolio.getSummary, { accountId });
  if (portfolioHash !== plan.portfolioHash) return 'holdings, cash, costs or policy have changed';
  for (const action of message.actions) {
    const priceMoved = await whyPriceMoved(cycle, action);
    if (priceMoved !== undefined) return `${action.symbol}: ${priceMoved}`;
  }
  return undefined;
}

/** Between the plan and its orders: whether they may go out without asking. */
export async function* askOwner(cycle: Cycle): ProgressStream {
  if (cycle.record.approval) return;
  const plan = await storedPlan(cycle);
  const decision = await trustDecision(cycle.context, plan);
  if (decision.kind === 'execute') return;
  const rejected = rejectionOf(await storeOf(cycle).all(), ordersHashOf(plan), cycle.context.now());
  if (rejected) {
    cycle.endsBecause = rejectedText(rejected);
    await markPlan(cycle.context.database, plan.id, 'cancelled');
    return;
  }
  const proposal = await storeOf(cycle).add(proposalOf(cycle, plan, decision));
  cycle.endsBecause = proposal.state === 'RECORDED' ? recordedText(proposal) : waitsText(proposal);
  yield await cycle.done('approve', cycle.endsBecause);
}

function proposalOf(
  { context }: Cycle,
  plan: Plan,
  { kind, because }: Exclude<TrustDecision, { kind: 'execute' }>,
): Proposal {
  const proposedAt = context.now();
  const expiresAt = later(proposedAt, context.settings.approvalHours * HOUR_MS);
  return {
    planId: plan.id,
    digest: proposalDigestOf(bindingOf(context, plan, expiresAt)),
    ordersHash: ordersHashOf(plan),
    state: kind === 'ask' ? 'PROPOSED' : 'RECORDED',
    proposedAt,
    expiresAt,
    because,
    tokens: [],
  };
}

/** The end of the plan ends its proposal. Repeating it is harmless. */
export async function endProposal(
  cycle: Cycle,
  event: 'completed' | 'cancelled',
  reason = 'the cycle ended before its orders',
): Promise<void> {
  if (!cycle.record.approval) return;
  await storeOf(cycle).change(cycle.requiredPlan.id, (proposal) => {
    if (proposal.state !== 'EXECUTING') return proposal;
    return event === 'completed'
      ? moved(proposal, 'DONE')
      : moved(proposal, 'SUPERSEDED', { reason });
  });
}

async function storedPlan(cycle: Cycle): Promise<Plan> {
  const plans = new StoredPlans(cycle.context.database);
  return present(
    await plans.find(cycle.requiredPlan.id as PlanId),
    'a plan that was made is stored',
  );
}

function storeOf({ context, plan }: Cycle): ProposalStore {
  const account = (plan?.accountId ?? DEFAULT_ACCOUNT) as AccountId;
  return new ProposalStore(context.database, account);
}

function waitsText({ planId, digest, expiresAt, because }: Proposal): string {
  return (
    `Nothing is sent: the plan ${planId} (digest ${digest.slice(0, 8)}) waits for your answer until ` +
    `${isoText(expiresAt)}, because ${because.join('; ')}. No answer means no.`
  );
}

function recordedText({ planId, because }: Proposal): string {
  return `Nothing is sent: the plan ${planId} is only recorded, because ${because.join('; ')}.`;
}

function rejectedText({ planId, answeredAt, proposedAt, reason }: Proposal): string {
  const at = answeredAt ?? proposedAt;
  return (
    `Nothing is sent: the same orders were rejected as plan ${planId} on ${isoText(at)}` +
    `${reason ? ` (${reason})` : ''}, and are not proposed again before ` +
    `${isoText(later(at, REJECTION_REMEMBERED_MS))}.`
  );
}
