/**
 * A plan that was put to the owner. An answer binds the plan's digest: exactly these orders, of this
 * account, at this broker, under these prices, until this time.
 */
import { contentHash } from '#shared/kernel/hash.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { CycleId, PlanId } from '#shared/kernel/identifiers.ts';
import type { ProposalState } from '#shared/kernel/proposal-state.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Plan } from '#shared/planning/model/plan.ts';

const next: Readonly<Record<ProposalState, readonly ProposalState[]>> = {
  PROPOSED: ['APPROVED', 'REJECTED', 'EXPIRED', 'SUPERSEDED'],
  APPROVED: ['EXECUTING', 'REJECTED', 'EXPIRED', 'SUPERSEDED'],
  EXECUTING: ['DONE', 'SUPERSEDED'],
  DONE: [],
  REJECTED: [],
  EXPIRED: [],
  SUPERSEDED: [],
  RECORDED: [],
};

export type AnswerVerb = 'approve' | 'reject';

/** A token that answers a proposal once; only its hash is kept. */
export interface AnswerToken {
  readonly hash: string;
  readonly verb: AnswerVerb;
  /** Who it was sent to, by which channel. */
  readonly recipient: string;
}

export interface Proposal {
  readonly planId: PlanId;
  /** SHA-256 of what an answer binds, in hexadecimal. */
  readonly digest: string;
  /** The same orders have the same hash, whichever plan they are of. */
  readonly ordersHash: string;
  readonly state: ProposalState;
  readonly proposedAt: Instant;
  /** No answer until then means no. */
  readonly expiresAt: Instant;
  /** Why the owner is asked, or why the plan is only recorded. */
  readonly because: readonly string[];
  readonly answeredAt?: Instant | undefined;
  /** Who answered, and from where: `page`, `command`, `telegram`. */
  readonly answeredBy?: string | undefined;
  readonly surface?: string | undefined;
  /** Of a rejection, or why it was superseded. */
  readonly reason?: string | undefined;
  /** Idempotency key of the change by which another plan took its place. */
  readonly changedBy?: string | undefined;
  /** The cycle that executes it. */
  readonly cycleId?: CycleId | undefined;
  readonly tokens: readonly AnswerToken[];
}

/** How long a rejection is remembered: the same orders are not proposed again within it. */
export const REJECTION_REMEMBERED_MS = 7 * 86_400_000;

export interface Binding {
  readonly plan: Plan;
  readonly broker: string;
  readonly isLive: boolean;
  readonly expiresAt: Instant;
  /** How far a price may have moved from the plan's when an order is sent, 0 to 1. */
  readonly priceCollarRatio: number;
}

/** SHA-256 over the canonical JSON of everything that an approval binds. */
export function proposalDigestOf({
  plan,
  broker,
  isLive,
  expiresAt,
  priceCollarRatio,
}: Binding): string {
  const { id, accountId, portfolioHash, policyVersion = 0, cost, cashAfter } = plan;
  const bound = { id, accountId, portfolioHash, policyVersion, broker, isLive, expiresAt };
  const orders = plan.actions.map(({ side, isin, quantity, price }) => ({
    side,
    isin,
    quantity: quantity.toString(),
    price: price.toString(),
  }));
  const money = { cost: cost.toString(), cashAfter: cashAfter.toString() };
  return contentHash({ ...bound, orders, ...money, priceCollarRatio });
}

export function ordersHashOf({ actions }: Plan): string {
  const orders = actions.map(({ side, isin, quantity }) => `${side} ${isin} ${quantity}`);
  return contentHash(orders.sort());
}

export function isWaiting({ state }: Proposal): boolean {
  return state === 'PROPOSED' || state === 'APPROVED' || state === 'EXECUTING';
}

/** @throws Failure REFUSED proposal-state for one that does not wait for an answer */
export function requireUnanswered({ planId, state, reason }: Proposal): void {
  if (state === 'PROPOSED') return;
  throw refused(
    'proposal-state',
    `The plan ${planId} is ${state} already${reason ? `: ${reason}` : ''}; only one that waits for an answer is changed.`,
    { planId, state },
  );
}

/** A change that has happened already changes nothing. @throws Failure REFUSED proposal-state */
export function moved(
  proposal: Proposal,
  state: ProposalState,
  facts: Partial<Proposal> = {},
): Proposal {
  if (proposal.state === state) return proposal;
  if (!next[proposal.state].includes(state))
    throw refused(
      'proposal-state',
      `The plan ${proposal.planId} is ${proposal.state} already${proposal.reason ? `: ${proposal.reason}` : ''}.`,
      { planId: proposal.planId, state: proposal.state },
    );
  // Tokens are worth nothing once their question is closed; an approval can still be withdrawn.
  const tokens =
    state === 'APPROVED' ? proposal.tokens.filter(({ verb }) => verb === 'reject') : [];
  return { ...proposal, ...facts, state, tokens };
}

/**
 * Whether the owner, the clock or a later plan has closed the question that a plan was. A changed plan that was never
 * put in the place of the other one is none, either.
 */
export function isGivenUp({ id, changedFrom }: Plan, proposals: readonly Proposal[]): boolean {
  const proposal = proposals.find(({ planId }) => planId === id);
  if (!proposal) return changedFrom !== undefined;
  return ['REJECTED', 'EXPIRED', 'SUPERSEDED'].includes(proposal.state);
}

/** A recent rejection of the same orders. */
export function rejectionOf(
  proposals: readonly Proposal[],
  ordersHash: string,
  now: Instant,
): Proposal | undefined {
  return proposals.find(
    (one) =>
      one.state === 'REJECTED' &&
      one.ordersHash === ordersHash &&
      now - (one.answeredAt ?? one.proposedAt) < REJECTION_REMEMBERED_MS,
  );
}
