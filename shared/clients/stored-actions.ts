/** Corporate actions as the universe stores them, read by brokers and the portfolio. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { actionKinds, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, storedDay, storedDecimal, storedIsin, storedPrice } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export const storedAction = atFirstUse<z.ZodType<CorporateAction>>(() =>
  z.strictObject({
    actionId: z.string(),
    kind: z.enum(actionKinds),
    isin: storedIsin,
    day: storedDay,
    payDay: storedDay.optional(),
    newShares: storedDecimal.optional(),
    oldShares: storedDecimal.optional(),
    amount: storedPrice.optional(),
    taxRatio: storedDecimal.optional(),
    newIsin: storedIsin.optional(),
    newSymbol: z.string().optional(),
    costRatio: storedDecimal.optional(),
    fractionPrice: storedPrice.optional(),
    source: z.string(),
  }),
);

/** By day, then by id. @throws Failure DATA_CORRUPT */
export function storedActions(
  database: Pick<Database, 'redis' | 'derive' | 'mayExist'>,
  isins: Iterable<Isin>,
): Promise<readonly CorporateAction[]> {
  const asked = [...new Set(isins)];
  const stored = asked.map((isin) => keys.universe.actions(isin));
  const compute = async (): Promise<readonly CorporateAction[]> => {
    const found = await Promise.all(
      stored.map(async (key) => ((await database.mayExist(key)) ? database.redis.hvals(key) : [])),
    );
    return byDay(found.flat().map(actionOf));
  };
  const version = stored.length > 1 ? keys.universe.actionsVersion() : undefined;
  return database.derive(`actions:${asked.join()}`, stored, compute, version);
}

export function byDay(actions: readonly CorporateAction[]): readonly CorporateAction[] {
  return [...actions].sort((a, b) => compare(a.day, b.day) || compare(a.actionId, b.actionId));
}

/** The same text is read once: actions are read with every quote and never change. */
const read = new Map<string, CorporateAction>();
const READ_MAX = 5_000;

function actionOf(json: string): CorporateAction {
  const known = read.get(json);
  if (known) return known;
  const action = decode(storedAction(), json, 'a corporate action');
  if (read.size >= READ_MAX) read.clear();
  read.set(json, action);
  return action;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
