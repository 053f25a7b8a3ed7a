/**
 * What a plan saw, in place of the present: Redis answers as it did then, the clock and the market's day stand where
 * they stood. Nothing is read from the present state, and nothing is written.
 */
import type { Command, Redis } from 'ioredis';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { keys } from '#shared/redis/keys.ts';
import { commandOf, readsByThemselves } from './command.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { settingOf } from './setting-text.ts';

/** @param present what is no input of a plan, as the log */
export function recordedDependencies(inputs: PlanInputs, present: Dependencies): Dependencies {
  const instants = [...inputs.instants];
  const days = [...inputs.days];
  const then = Object.entries(inputs.settings).map(([name, text]) => [name, settingOf(text)]);
  const settings = { ...present.settings, ...Object.fromEntries(then) } as Settings;
  return Object.assign(Object.create(present) as Dependencies, {
    settings: { ...settings, dataDir: '', policyFile: undefined },
    baseCurrency: parseCurrency(inputs.baseCurrency),
    database: recordedReads(inputs, present.database),
    marketData: recordedDays(days, present.marketData),
    now: () => next(instants, 'the clock') as Instant,
  });
}

function recordedReads({ reads }: PlanInputs, database: Database): Database {
  const replies = new Map<string, unknown[]>();
  for (const [words, reply] of reads) {
    const key = JSON.stringify(words);
    replies.set(key, [...(replies.get(key) ?? []), reply]);
  }
  const prefix = database.redis.options.keyPrefix ?? '';
  const sendCommand = (command: Command): unknown => {
    const words = commandOf(command, prefix);
    const known = replies.get(JSON.stringify(words)) ?? earlierReplies(replies, words);
    if (!known || known.length === 0) command.reject(inputGone(words.slice(0, 2).join(' ')));
    else command.resolve((known.length > 1 ? known.shift() : known[0]) as never);
    return command.promise;
  };
  const redis = Object.assign(Object.create(database.redis) as Redis, { sendCommand });
  const derive: Database['derive'] = (_place, _keys, compute) => compute();
  return Object.assign(Object.create(database) as Database, {
    ...{ redis, derive },
    ...readsByThemselves(redis),
  });
}

/** Earlier versions read years of bars and scores one by one, and not the version of all prices. */
function earlierReplies(
  replies: ReadonlyMap<string, readonly unknown[]>,
  [name = '', key = '', ...fields]: readonly string[],
): unknown[] | undefined {
  if (name === 'get' && key === keys.universe.pricesVersion()) return [null];
  if (name === 'hgetall' && key.endsWith(':scores')) return fieldsReadOf(replies, key);
  if (name !== 'hmget') return undefined;
  if (key === keys.scoring.latest()) return [fields.map(() => null)];
  const texts = fields.map((field) => replies.get(JSON.stringify(['hget', key, field]))?.at(-1));
  return texts.includes(undefined) ? undefined : [texts];
}

/** A hash of which fields were read one by one, as the score of the day. */
function fieldsReadOf(
  replies: ReadonlyMap<string, readonly unknown[]>,
  key: string,
): unknown[] | undefined {
  const read = [...replies].flatMap(([words, [text]]) => {
    const [name, of, field = ''] = JSON.parse(words) as string[];
    return name === 'hget' && of === key && typeof text === 'string' ? [[field, text]] : [];
  });
  return read.length > 0 ? [Object.fromEntries(read)] : undefined;
}

function recordedDays(days: string[], marketData: MarketData): MarketData {
  const today = () => parseDay(next(days, 'the day of the market data'));
  return Object.assign(Object.create(marketData) as MarketData, { today });
}

/** The last one is repeated: this build may ask more often. */
function next<T>(values: T[], what: string): T {
  const value = values.length > 1 ? values.shift() : values[0];
  if (value === undefined) throw inputGone(what);
  return value;
}

/** An input that is not among those kept. */
export function inputGone(what: string): Failure {
  return new Failure('REFUSED', `What the plan saw is not whole: ${what} is not kept.`, {
    rule: 'input-gone',
    input: what,
  });
}
