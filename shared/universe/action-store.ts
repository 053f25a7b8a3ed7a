/** Corporate actions: each is stored once, and the first version is kept. */
import { byDay, storedActions } from '#shared/clients/stored-actions.ts';
import { saysTheSame, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { encode } from '#shared/redis/codec.ts';
import { newVersion, type Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';

/** `differs`: another action is stored under the id; it is kept. */
export type AddedAction = 'added' | 'known' | 'differs';

export class ActionStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  of(isins: Iterable<Isin>): Promise<readonly CorporateAction[]> {
    return storedActions(this.database, isins);
  }

  async find(isin: Isin, actionId: string): Promise<CorporateAction | undefined> {
    return (await this.of([isin])).find((action) => action.actionId === actionId);
  }

  /** From here on what was read of several securities is known until an action is added. */
  async openVersion(): Promise<void> {
    const version = keys.universe.actionsVersion();
    if ((await this.database.redis.exists(version)) === 0)
      await this.database.commit([], [newVersion(version)]);
  }

  async add(action: CorporateAction): Promise<AddedAction> {
    const key = keys.universe.actions(action.isin);
    const { redis } = this.database;
    const text = encode(action);
    if ((await redis.hget(key, action.actionId)) === null) {
      const write: Write = { op: 'HSETNX', key, args: [action.actionId, text] };
      await this.database.commit([], [write, newVersion(keys.universe.actionsVersion())]);
      if ((await redis.hget(key, action.actionId)) === text) return 'added';
    }
    const stored = await this.find(action.isin, action.actionId);
    return stored && saysTheSame(stored, action) ? 'known' : 'differs';
  }

  /** Stores what a source knows. @returns those that contradict what is stored */
  async addAll(actions: readonly CorporateAction[]): Promise<readonly CorporateAction[]> {
    if (actions.length === 0) return [];
    const stored = await this.of(actions.map(({ isin }) => isin));
    const known = new Map(stored.map((action) => [keyOf(action), action]));
    const differing: CorporateAction[] = [];
    for (const action of byDay(actions)) {
      const before = known.get(keyOf(action));
      const added = before ? undefined : await this.add(action);
      if (added === 'differs' || (before && !saysTheSame(before, action))) differing.push(action);
    }
    return differing;
  }
}

function keyOf({ isin, actionId }: CorporateAction): string {
  return `${isin} ${actionId}`;
}
