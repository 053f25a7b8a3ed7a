/** What runs on a board with faasd beside its provider: the packed stack, connector, facade and Redis. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { end, hears, start } from '../children.ts';
import type { Image } from './bundles.ts';
import {
  openContainers,
  secretsIn,
  type Candidate,
  type FunctionEnvironment,
} from './compared-servers.ts';

/**
 * On a Redis of its own, whose memory counts.
 * @param dist the build with connector and facade
 */
export async function openBoard(
  { keyPrefix, dataDir, marketDir }: FunctionEnvironment,
  images: ReadonlyMap<string, Image>,
  dist: string,
): Promise<Candidate> {
  // On a disk, as on a board: files in /dev/shm would count as memory that nothing can take back.
  const redis = await startTestRedis(dataDir);
  const { url: redisUrl } = redis;
  const packed = await openContainers({ redisUrl, keyPrefix, dataDir, marketDir }, images);
  const env = {
    PATH: process.env['PATH'],
    ...{ REDIS_URL: redisUrl, REDIS_KEY_PREFIX: keyPrefix, GATEWAY_URL: packed.url },
    ...{ SECRETS_DIR: secretsIn(dataDir), GRPC_PORT_BASE: '0', NODE_ENV: 'production' },
  };
  const beside: ChildProcess[] = [];
  for (const name of ['connector', 'facade']) {
    const file = join(dist, `gateway/${name}/main.js`);
    const child = start(process.execPath, [file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    beside.push(child);
    await hears(child, 'stderr', new RegExp(`"${name}-ready"`));
  }
  return {
    ...packed,
    processes: [...packed.processes, ...beside, redis.process],
    close: async () => {
      await Promise.all(beside.map(end));
      await packed.close();
      await redis.stop();
    },
  };
}
