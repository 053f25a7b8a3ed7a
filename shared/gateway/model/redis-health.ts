/** What Redis reports about its append-only file, as sentences for the operator. */
export type RedisInfo = ReadonlyMap<string, string>;

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
