/** Redis, and the boards: disk, certificate and clock of each. */
import { sample, type MetricName, type Sample } from '#shared/contract/metric-table.ts';
import { untilAborted } from '#shared/process/deadline.ts';
import {
  certificateEnd,
  clockSkewOf,
  diskFreeRatioOf,
  reportedBoards,
  type BoardFigures,
} from '#shared/runtime/board-figures.ts';
import type { Context } from '#shared/runtime/context.ts';
import { redisInfo } from '../redis-info.ts';

/** Less than the time of a part of the metrics, so that a Redis that is silent is named. */
const ANSWER_MS_MAX = 3_000;

export async function redisSamples({ database: { redis } }: Context): Promise<Sample[]> {
  const asked = untilAborted(redisInfo(redis), AbortSignal.timeout(ANSWER_MS_MAX));
  const info = await asked.catch(() => undefined);
  if (!info) return [sample('trader_redis_up', 0)];
  const read = (name: string) => info.get(name) ?? '';
  const isOk = (name: string) => read(name) === 'ok';
  const [used, limit] = [Number(read('used_memory')), Number(read('maxmemory'))];
  return [
    sample('trader_redis_up', 1),
    sample('trader_redis_append_only', read('aof_enabled') === '1'),
    sample(
      'trader_redis_write_ok',
      isOk('aof_last_write_status') && isOk('aof_last_bgrewrite_status'),
    ),
    sample('trader_redis_used_memory_bytes', used),
    sample('trader_redis_max_memory_bytes', limit),
    sample('trader_redis_memory_ratio', limit > 0 ? used / limit : 0),
    sample('trader_redis_replicas', Number(read('connected_slaves'))),
  ];
}

export async function diskSamples(context: Context): Promise<Sample[]> {
  const own = await diskFreeRatioOf(context.settings.dataDir);
  return ofBoards(context, 'trader_disk_free_ratio', own, ({ diskFreeRatio }) => diskFreeRatio);
}

export async function certificateSamples(context: Context): Promise<Sample[]> {
  const { grpcTlsCert } = context.settings;
  const own = grpcTlsCert === undefined ? undefined : await certificateEnd(grpcTlsCert);
  const name = 'trader_certificate_expires_timestamp_seconds';
  return ofBoards(context, name, own, ({ certificateExpires }) => certificateExpires);
}

export async function clockSamples(context: Context): Promise<Sample[]> {
  const own = await clockSkewOf(context.database);
  return ofBoards(context, 'trader_clock_skew_seconds', own, (one) => one.clockSkewSeconds);
}

/** As it is here now, and as boards reported it, also this one where a function cannot see it from its container. */
async function ofBoards(
  { database, placement }: Context,
  name: MetricName,
  own: number | undefined,
  figure: (figures: BoardFigures) => number | undefined,
): Promise<Sample[]> {
  const reported = [...(await reportedBoards(database))].map(
    ([board, figures]): [string, number | undefined] => [board, figure(figures)],
  );
  const all = new Map(reported);
  if (own !== undefined) all.set(placement.device, own);
  return [...all].flatMap(([board, value]) =>
    value === undefined ? [] : [sample(name, value, { board })],
  );
}
