/** Reader of the stored plans. */
import type { PlanId } from '#shared/kernel/identifiers.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Plan } from './model/plan.ts';
import { planRecord } from './plan-record.ts';

export interface PlanPage {
  readonly plans: readonly Plan[];
  /** Before paging. */
  readonly total: number;
}

export class StoredPlans {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async find(plan: PlanId): Promise<Plan | undefined> {
    return (await this.database.find(keys.planning.plan(plan), planRecord))?.value;
  }

  /** Newest first. @param hash empty for the plans of all portfolios */
  async page(hash: string, offset: number, limit: number): Promise<PlanPage> {
    const index = hash === '' ? keys.planning.byTime() : keys.planning.byHash(hash);
    const [ids, total] = await Promise.all([
      this.database.redis.zrevrange(index, offset, offset + limit - 1),
      this.database.redis.zcard(index),
    ]);
    return { plans: await this.all(ids), total };
  }

  /** All plans of one portfolio, newest first. */
  async ofHash(hash: string): Promise<readonly Plan[]> {
    return this.all(await this.database.redis.zrevrange(keys.planning.byHash(hash), 0, -1));
  }

  private async all(ids: readonly string[]): Promise<readonly Plan[]> {
    const found = await Promise.all(ids.map((id) => this.find(id as PlanId)));
    return found.filter((plan) => plan !== undefined);
  }
}
