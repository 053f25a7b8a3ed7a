/** Redis, and the boards: disk, log file, certificate and clock of each. */
import { sample, type MetricName, type Sample } from '#shared/contract/metric-table.ts';
import { tlsFilesOf } from '#shared/process/tls-settings.ts';
import { replicasMissing } from '#shared/redis/replication.ts';
import { untilAborted } from '#shared/process/deadline.ts';
import {
  certificateFigures,
  clockSkewOf,
  diskFigures,
  reportedBoards,
  type BoardFigures,
} from '#shared/runtime/board-figures.ts';
import type { Context } from '#shared/runtime/context.ts';
import { redisInfo } from '../redis-info.ts';
import { durabilityOfState } from '../state-durability.ts';

/** Less than the time of a part of the metrics, so that a Redis that is silent is named. */
const ANSWER_MS_MAX = 3_000;
const UNKNOWN = { kind: 'unknown' } as const;

export async function redisSamples({ database, settings }: Context): Promise<Sample[]> {
  // A Redis that does not say this may say the rest.
  const durability = durabilityOfState(database).catch(() => UNKNOWN);
  const asked = Promise.all([redisInfo(database.redis), durability]);
  const answered = await untilAborted(asked, AbortSignal.timeout(ANSWER_MS_MAX)).catch(
    () => undefined,
  );
  if (!answered) return [sample('trader_redis_up', 0)];
  const [info, { kind }] = answered;
  const read = (name: string) => info.get(name) ?? '';
  const isOk = (name: string) => read(name) === 'ok';
  const [used, limit] = [Number(read('used_memory')), Number(read('maxmemory'))];
  const keepsFile = read('aof_enabled') === '1';
  return [
    sample('trader_redis_up', 1),
    sample('trader_redis_append_only', keepsFile),
    ...(keepsFile && kind !== 'unknown'
      ? [sample('trader_redis_fsync_always', kind === 'durable')]
      : []),
    sample(
      'trader_redis_write_ok',
      isOk('aof_last_write_status') && isOk('aof_last_bgrewrite_status'),
    ),
    sample('trader_redis_used_memory_bytes', used),
    sample('trader_redis_max_memory_bytes', limit),
    sample('trader_redis_memory_ratio', limit > 0 ? used / limit : 0),
    sample('trader_redis_may_evict', read('maxmemory_policy') !== 'noeviction'),
    sample('trader_redis_replicas', Number(read('connected_slaves'))),
    sample('trader_redis_replicas_missing', replicasMissing(info, settings.redisReplicas)),
  ];
}

export async function diskSamples(context: Context): Promise<Sample[]> {
  const own = await diskFigures(context.settings.dataDir);
  return [
    ...(await ofBoards(context, 'trader_disk_free_ratio', own, 'diskFreeRatio')),
    ...(await ofBoards(context, 'trader_disk_writable', own, 'diskWritable')),
    ...(await ofBoards(context, 'trader_log_writable', {}, 'logWritable')),
  ];
}

export async function certificateSamples(context: Context): Promise<Sample[]> {
  const own = await certificateFigures(tlsFilesOf(context.settings));
  const name = 'trader_certificate_expires_timestamp_seconds';
  return [
    ...(await ofBoards(context, name, own, 'certificateExpires')),
    ...(await ofBoards(context, 'trader_certificate_refused', own, 'certificateRefused')),
  ];
}

export async function clockSamples(context: Context): Promise<Sample[]> {
  const own = { clockSkewSeconds: await clockSkewOf(context.database) };
  return ofBoards(context, 'trader_clock_skew_seconds', own, 'clockSkewSeconds');
}

/** As it is here now, and as boards reported it, also this one where a function cannot see it from its container. */
async function ofBoards(
  { database, placement }: Context,
  name: MetricName,
  own: Partial<BoardFigures>,
  figure: Exclude<keyof BoardFigures, 'at'>,
): Promise<Sample[]> {
  const reported = [...(await reportedBoards(database))].map(
    ([board, figures]): [string, number | boolean | undefined] => [board, figures[figure]],
  );
  const all = new Map(reported);
  if (own[figure] !== undefined) all.set(placement.device, own[figure]);
  return [...all].flatMap(([board, value]) =>
    value === undefined ? [] : [sample(name, value, { board })],
  );
}
