/**
 * The owner's answer to a plan. It is bound to the plan's digest, of which the first 8 characters at
 * least are stated; a token that was made for the answer stands for the whole of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gateway } from '#shared/contract/gateway.ts';
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { AccountId, CycleId } from '#shared/kernel/identifiers.ts';
import { isoText, type Instant } from '#shared/kernel/instant.ts';
import type { Context } from '#shared/runtime/context.ts';
import { cycleIdOf } from '../cycle/cycle-run.ts';
import { moved, type AnswerVerb, type Proposal } from '../model/proposal.ts';
import type { ProposalStore } from './proposal-store.ts';

export interface ProposalAnswer {
  readonly verb: AnswerVerb;
  readonly planId: string;
  readonly digest: string;
  readonly by: string;
  readonly surface: string;
  readonly reason?: string;
}

const DIGEST_CHARACTERS_MIN = 8;
/** A cycle that runs while a plan waits ends soon; then the approved plan's own is queued. */
const QUEUE_ATTEMPTS = 100;
const QUEUE_PAUSE_MS = 200;

/**
 * Stores the answer. The same answer again changes nothing.
 * @throws Failure NOT_FOUND; INVALID_REQUEST for a digest of another plan; REFUSED
 *   proposal-expired, proposal-state
 */
export async function storeAnswer(
  store: ProposalStore,
  answer: ProposalAnswer,
  now: Instant,
): Promise<Proposal> {
  const stored = await store.change(answer.planId, (proposal) => {
    requireBound(proposal, answer.digest);
    const isOpen = proposal.state === 'PROPOSED' || proposal.state === 'APPROVED';
    if (isOpen && now >= proposal.expiresAt)
      return moved(proposal, 'EXPIRED', { reason: 'nobody answered in time' });
    const facts = {
      answeredAt: now,
      answeredBy: answer.by,
      surface: answer.surface,
      ...(answer.reason && { reason: answer.reason }),
    };
    if (answer.verb === 'reject') return moved(proposal, 'REJECTED', facts);
    const isUnderWay = proposal.state === 'EXECUTING' || proposal.state === 'DONE';
    return isUnderWay ? proposal : moved(proposal, 'APPROVED', facts);
  });
  if (stored.state !== 'EXPIRED') return stored;
  throw refused(
    'proposal-expired',
    `Too late: the plan ${stored.planId} could be answered until ${isoText(stored.expiresAt)}. Nothing was sent; the next cycle makes a new plan.`,
    { planId: stored.planId },
  );
}

/** @throws Failure INVALID_REQUEST for a digest that is too short or of another plan */
export function requireBound(proposal: Proposal, digest: string): void {
  if (digest.length < DIGEST_CHARACTERS_MIN)
    throw invalidRequest({
      field: 'digest',
      message: `at least ${DIGEST_CHARACTERS_MIN} characters of the digest the plan was shown with are needed`,
    });
  if (!proposal.digest.startsWith(digest.toLowerCase()))
    throw invalidRequest({
      field: 'digest',
      message: `is not that of the plan ${proposal.planId}; read the plan again`,
    });
}

/** Queues the cycle that executes an approved plan; asking again queues no other. */
export async function queueCycle(
  context: Context,
  account: AccountId,
  { digest }: Proposal,
): Promise<CycleId | undefined> {
  const operation = gateway.triggerTradingCycle;
  const requested = `${operation.name}-${shortHash(`approved-${account}-${digest}`)}`;
  for (let attempt = 0; attempt < QUEUE_ATTEMPTS; attempt += 1) {
    const { run, joined } = await context.runs.add(
      operation,
      '{}',
      requested,
      context.requestId,
      context,
    );
    if (!joined) return cycleIdOf(run);
    await sleep(QUEUE_PAUSE_MS, undefined, { signal: context.signal });
  }
  return undefined;
}
