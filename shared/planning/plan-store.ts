/**
 * Writes plans. The plan's document and the two indexes lie in different slots, so the document goes
 * first and the indexes after it; a run that died in between finds its plan and indexes it again.
 */
import { shortHash } from '#shared/kernel/hash.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { writeDocument, type Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Plan } from './model/plan.ts';
import { statusAfter, type PlanEvent } from './model/plan-status.ts';
import { planRecord } from './plan-record.ts';
import { StoredPlans } from './stored-plans.ts';

/** The same caller's key always names the same plan. */
export function planIdOf(idempotencyKey: string): PlanId {
  return `plan-${shortHash(idempotencyKey)}` as PlanId;
}

export class PlanStore {
  private readonly database: Database;
  private readonly plans: StoredPlans;

  constructor(database: Database) {
    this.database = database;
    this.plans = new StoredPlans(database);
  }

  /** The plan an earlier run has stored, its indexes made whole. */
  async recover(id: PlanId): Promise<Plan | undefined> {
    const plan = await this.plans.find(id);
    if (plan) await this.index(plan);
    return plan;
  }

  /** Stores a new plan; answers the one that is there already when another run was faster. */
  async save(plan: Plan): Promise<Plan> {
    const key = keys.planning.plan(plan.id);
    const isNew = await this.database.commit([{ key, version: 0 }], [writeDocument(key, 0, plan)]);
    const stored = isNew ? plan : ((await this.plans.find(plan.id)) ?? plan);
    await this.index(stored);
    return stored;
  }

  /** @throws Failure NOT_FOUND, REFUSED plan-status */
  async setStatus(id: PlanId, event: PlanEvent): Promise<Plan> {
    return this.database.update(keys.planning.plan(id), planRecord, (plan) => {
      if (!plan) throw notFound('plan', id);
      const status = statusAfter(plan.status, event);
      const value: Plan = { ...plan, status };
      return status === plan.status ? { result: plan } : { value, result: value };
    });
  }

  private async index({ id, portfolioHash, createdAt }: Plan): Promise<void> {
    const args = [String(createdAt), id];
    await this.database.commit(
      [],
      [
        { op: 'ZADD', key: keys.planning.byTime(), args },
        { op: 'ZADD', key: keys.planning.byHash(portfolioHash), args },
      ],
    );
  }
}
