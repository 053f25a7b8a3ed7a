/** Redis, and the board that this is read on: its disk, certificate and clock. */
import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import { sample, type Sample } from '#shared/contract/metric-table.ts';
import { untilAborted } from '#shared/process/deadline.ts';
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

/** A function in a container may have no such folder; then its disk is that of another process. */
export async function diskSamples({ settings, placement }: Context): Promise<Sample[]> {
  const found = await statfs(settings.dataDir).catch(absent);
  if (!found) return [];
  const { bavail, blocks } = found;
  return [sample('trader_disk_free_ratio', bavail / blocks, { board: placement.device })];
}

export async function certificateSamples({ settings, placement }: Context): Promise<Sample[]> {
  if (settings.grpcTlsCert === undefined) return [];
  const { validTo } = new X509Certificate(await readFile(settings.grpcTlsCert));
  const name = 'trader_certificate_expires_timestamp_seconds';
  return [sample(name, Date.parse(validTo) / 1_000, { board: placement.device })];
}

export async function clockSamples({ database, placement }: Context): Promise<Sample[]> {
  const before = Date.now();
  const [secondsText = 0, microseconds = 0] = (await database.redis.time()) as unknown as string[];
  const localSeconds = (before + Date.now()) / 2_000;
  const redisSeconds = Number(secondsText) + Number(microseconds) / 1e6;
  const board = placement.device;
  return [sample('trader_clock_skew_seconds', localSeconds - redisSeconds, { board })];
}

function absent(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown;
}
