/**
 * Restores a backup into an empty installation: `npm run restore -- FILE`. REDIS_URL and
 * REDIS_KEY_PREFIX say where to; the file is verified before anything is written.
 */
import { readBackup, verifyBackup } from '#shared/gateway/backup/backup-file.ts';
import { restoreInto } from '#shared/gateway/backup/export.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { parseSettings } from '#shared/process/settings.ts';

async function restore(file: string | undefined): Promise<string> {
  if (file === undefined) throw new Failure('INVALID_REQUEST', 'usage: npm run restore -- FILE');
  const { redisUrl, redisKeyPrefix } = parseSettings(process.env);
  if (redisUrl === undefined) throw invalidRequest({ field: 'REDIS_URL', message: 'is needed' });
  const keys = await verifyBackup(file);
  const redis = connectRedis(redisUrl, redisKeyPrefix);
  try {
    await requireSafeRedis(redis);
    const restored = await restoreInto(new Database(redis), readBackup(file));
    return `${restored} of ${keys} keys restored under ${redisKeyPrefix}.`;
  } finally {
    redis.disconnect();
  }
}

try {
  console.log(await restore(process.argv[2]));
} catch (thrown) {
  console.error(thrown instanceof Failure ? thrown.message : thrown);
  process.exitCode = 1;
}
