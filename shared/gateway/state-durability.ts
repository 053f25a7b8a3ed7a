/** Whether the Redis that keeps the state has every write on disk, for the system status. */
import type { Database } from '#shared/redis/database.ts';
import { durabilityOf, type Durability } from '#shared/redis/durability.ts';
import { reasonsAgainstWrites } from '#shared/redis/writability.ts';

/** @throws Failure UNAVAILABLE when Redis does not answer */
export function durabilityOfState({ redis }: Pick<Database, 'redis'>): Promise<Durability> {
  return durabilityOf(redis);
}

/** Why Redis takes no writes now, in sentences; none where it does. */
export function writeRefusals({ redis }: Pick<Database, 'redis'>): Promise<readonly string[]> {
  return reasonsAgainstWrites(redis);
}
