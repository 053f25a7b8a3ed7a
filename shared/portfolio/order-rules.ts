/**
 * What the broker accepts orders for, security by security, where it has such rules: read a few at a time with each
 * sync of the account, and kept for plans.
 */
import * as z from 'zod';
import type { Broker, OrderRules } from '#shared/clients/broker/broker.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Context } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';

const KEPT_MS = 7 * DAY_MS;
/** Read with one sync, and at a time: a broker limits its calls. */
const READ_MAX = 40;
const AT_ONCE = 4;

const ruleRecord = z.strictObject({
  broker: z.string(),
  takesOrders: z.boolean(),
  takesFractions: z.boolean(),
  readAt: storedInstant,
});
type RuleRecord = z.output<typeof ruleRecord>;

/** Of this broker, by ISIN; a security is absent until it was asked for. */
export async function storedOrderRules(
  database: Database,
  broker: string,
): Promise<ReadonlyMap<Isin, RuleRecord>> {
  const key = keys.portfolio.orderRules();
  const rules = Object.entries(await database.redis.hgetall(key)).map(
    ([isin, json]) => [parseIsin(isin), decode(ruleRecord, json, key)] as const,
  );
  return new Map(rules.filter(([, rule]) => rule.broker === broker));
}

/** Brings the oldest of them up to date; what cannot be read is read with a later sync. */
export async function refreshOrderRules(context: Context): Promise<void> {
  const { broker, database, log } = context;
  if (!broker.orderRules) return;
  const known = await storedOrderRules(database, broker.name);
  const since = context.now() - KEPT_MS;
  const readAt = ({ isin }: Security): number => known.get(isin)?.readAt ?? 0;
  const due = (await new StoredMarket(database).securities())
    .filter((one) => isTradable(one) && readAt(one) < since)
    .sort((a, b) => readAt(a) - readAt(b))
    .slice(0, READ_MAX);
  try {
    for (let i = 0; i < due.length; i += AT_ONCE)
      await readRules(context, broker, due.slice(i, i + AT_ONCE));
  } catch (thrown) {
    context.signal.throwIfAborted();
    log.warn('order-rules-unread', { reason: Failure.from(thrown).message });
  }
}

async function readRules(
  { database, signal, now }: Context,
  broker: Broker,
  securities: readonly Security[],
): Promise<void> {
  const args = await Promise.all(
    securities.map(async ({ isin, symbol }): Promise<string[]> => {
      const rules = await broker.orderRules?.(symbol, signal);
      return rules ? [isin, encode(recordOf(rules, broker.name, now()))] : [];
    }),
  );
  if (args.flat().length === 0) return;
  await database.commit([], [{ op: 'HSET', key: keys.portfolio.orderRules(), args: args.flat() }]);
}

function recordOf(rules: OrderRules, broker: string, readAt: Instant): RuleRecord {
  const { takesOrders, takesFractions } = rules;
  return { broker, takesOrders, takesFractions, readAt };
}
