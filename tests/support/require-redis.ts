/** Before any test: the real redis-server must be there; where it may be installed, it is. */
import { findRedisServer } from '#gateway/embedded/redis-program.ts';

export default async function requireRedis(): Promise<void> {
  await findRedisServer({
    env: process.env,
    isRoot: process.getuid?.() === 0,
    say: (line) => console.error(line),
  });
}
