/** What Redis reports about its append-only file, as sentences for the operator. */
export type RedisInfo = ReadonlyMap<string, string>;

/** Longer than Redis waits between two signs of life of a replica. */
const SILENT_SECONDS_MAX = 10;

/** Replicas that are missing of those that must have a write that trades. A connection may be open and lead nowhere. */
export function replicasMissing(info: RedisInfo, required: number): number {
  const heard = [...info].filter(
    ([name, text]) =>
      /^slave\d+$/.test(name) &&
      /\bstate=online\b/.test(text) &&
      Number(/\blag=(\d+)/.exec(text)?.[1] ?? Infinity) <= SILENT_SECONDS_MAX,
  );
  return Math.max(0, required - heard.length);
}

/** @returns nothing when every write reaches the disk */
export function redisComplaints(info: RedisInfo): string[] {
  if (info.get('aof_enabled') !== '1')
    return ['Redis keeps no append-only file: a power cut loses what was written last'];
  const complaints: string[] = [];
  if (info.get('aof_last_write_status') !== 'ok')
    complaints.push('Redis could not write its append-only file; is the disk full?');
  if (info.get('aof_last_bgrewrite_status') !== 'ok')
    complaints.push('Redis could not rewrite its append-only file; it grows without end');
  return complaints;
}
