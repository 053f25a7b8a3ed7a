/**
 * The proposals of an account, newest first, in one document: an answer, its token and the state it
 * leads to change together, and at most one plan waits.
 */
import { proposalStates, type ProposalState } from '#shared/kernel/proposal-state.ts';
import * as z from 'zod';
import { notFound } from '#shared/kernel/failure.ts';
import type { AccountId, CycleId, PlanId } from '#shared/kernel/identifiers.ts';
import { storedId, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { isWaiting, moved, requireUnanswered, type Proposal } from '../model/proposal.ts';

const KEPT = 100;

const proposalRecord: z.ZodType<Proposal> = z.strictObject({
  planId: storedId<PlanId>(),
  digest: z.string(),
  ordersHash: z.string(),
  state: z.enum(proposalStates),
  proposedAt: storedInstant,
  expiresAt: storedInstant,
  because: z.array(z.string()).readonly(),
  answeredAt: storedInstant.optional(),
  answeredBy: z.string().optional(),
  surface: z.string().optional(),
  reason: z.string().optional(),
  changedBy: z.string().optional(),
  cycleId: storedId<CycleId>().optional(),
  tokens: z
    .array(
      z.strictObject({
        hash: z.string(),
        verb: z.enum(['approve', 'reject']),
        recipient: z.string(),
      }),
    )
    .readonly(),
});

const documentSchema = z.strictObject({ proposals: z.array(proposalRecord).readonly() });

export class ProposalStore {
  private readonly database: Database;
  private readonly account: AccountId;

  constructor(database: Database, account: AccountId) {
    this.database = database;
    this.account = account;
  }

  private get key(): string {
    return keys.gateway.proposals(this.account);
  }

  /** Newest first. */
  async all(): Promise<readonly Proposal[]> {
    return (await this.database.find(this.key, documentSchema))?.value.proposals ?? [];
  }

  async find(planId: string): Promise<Proposal | undefined> {
    return (await this.all()).find((one) => one.planId === planId);
  }

  /** The one that is not closed yet. */
  async waiting(): Promise<Proposal | undefined> {
    return (await this.all()).find(isWaiting);
  }

  /** Adds a proposal unless the plan has one; another one that waits is superseded by it. */
  async add(proposal: Proposal): Promise<Proposal> {
    const reason = `the plan ${proposal.planId} took its place`;
    return this.update((proposals) => {
      const found = proposals.find((one) => one.planId === proposal.planId);
      if (found) return { proposals, result: found };
      const others = proposals.map((one) =>
        isWaiting(one) ? moved(one, 'SUPERSEDED', { reason }) : one,
      );
      return { proposals: [proposal, ...others].slice(0, KEPT), result: proposal };
    });
  }

  /**
   * Puts a changed plan in the place of one that waits for an answer. Repeating it changes nothing.
   * @throws Failure NOT_FOUND; REFUSED proposal-state where the other one was answered meanwhile
   */
  async replace(planId: string, by: Proposal, facts: Partial<Proposal>): Promise<Proposal> {
    return this.update((proposals) => {
      const done = proposals.find((one) => one.planId === by.planId);
      if (done) return { proposals, result: done };
      const found = proposals.find((one) => one.planId === planId);
      if (!found) throw notFound('proposal of the plan', planId);
      requireUnanswered(found);
      const others = proposals.map((one) =>
        one === found ? moved(one, 'SUPERSEDED', facts) : one,
      );
      return { proposals: [by, ...others].slice(0, KEPT), result: by };
    });
  }

  /** @throws Failure NOT_FOUND, and what `change` throws; then nothing is stored */
  async change(planId: string, change: (proposal: Proposal) => Proposal): Promise<Proposal> {
    return this.update((proposals) => {
      const found = proposals.find((one) => one.planId === planId);
      if (!found) throw notFound('proposal of the plan', planId);
      const result = change(found);
      return { proposals: proposals.map((one) => (one === found ? result : one)), result };
    });
  }

  /** @throws Failure NOT_FOUND; REFUSED proposal-state */
  move(planId: string, state: ProposalState, facts?: Partial<Proposal>): Promise<Proposal> {
    return this.change(planId, (proposal) => moved(proposal, state, facts));
  }

  private update(
    change: (proposals: readonly Proposal[]) => {
      proposals: readonly Proposal[];
      result: Proposal;
    },
  ): Promise<Proposal> {
    return this.database.update(this.key, documentSchema, (current) => {
      const { proposals, result } = change(current?.proposals ?? []);
      return { value: { proposals }, result };
    });
  }
}
