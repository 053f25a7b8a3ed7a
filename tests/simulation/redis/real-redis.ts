/** The state in one database of a redis-server, or in a cluster. */
import type { Command, Redis } from 'ioredis';
import { openRedis } from '#shared/redis/primary.ts';
import { CLAIMS, KEY_PREFIX, type StateServer } from './state-server.ts';

type Dumps = readonly (readonly [key: string, dump: Buffer])[];

export class RealRedis implements StateServer<Dumps> {
  private readonly redis: Redis;

  /**
   * @param url of a server or a cluster
   * @param database its number; nobody else uses it. A cluster has one only
   */
  constructor(url: string, database: number) {
    this.redis = openRedis(url, KEY_PREFIX, { db: database });
  }

  async send(command: Command): Promise<unknown> {
    // The command brings functions that settle its own promise; here the bare reply is wanted.
    const reply = new Promise<unknown>((resolve, reject) => {
      command.resolve = resolve;
      command.reject = reject;
    });
    this.redis.sendCommand(command);
    return reply;
  }

  async flush(): Promise<void> {
    await this.redis.flushdb();
  }

  async keep(): Promise<Dumps> {
    const names = await this.redis.keys('*');
    return Promise.all(
      names.map(async (key) => [key, (await this.redis.dumpBuffer(key)) ?? Buffer.of()] as const),
    );
  }

  async restore(dumps: Dumps): Promise<void> {
    const pipeline = this.redis.pipeline().flushdb();
    for (const [key, dump] of dumps) pipeline.restore(key, 0, dump);
    await pipeline.exec();
  }

  async expireClaims(): Promise<void> {
    const claims = (await this.redis.keys('*')).filter((name) => CLAIMS.test(name));
    if (claims.length > 0) await this.redis.del(claims);
  }

  async close(): Promise<void> {
    await this.redis.quit();
  }
}
