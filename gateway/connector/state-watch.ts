/**
 * The connector's share in noticing that the state was lost: functions under faasd keep no record of their
 * own across restarts, and the connector has a data folder.
 */
import type { Log } from '#shared/process/log.ts';
import type { Database } from '#shared/redis/database.ts';
import { stateLostText } from '#shared/redis/state-epoch.ts';

/**
 * Compares Redis with what is on record, and records how far it has come. A state that was lost is marked
 * in Redis, so that no function trades on it until a person has decided.
 */
export async function watchState({ epoch }: Database, log: Log): Promise<void> {
  const verdict = await epoch.verdict();
  if (verdict.kind === 'kept') return;
  const { doubt } = await epoch.held();
  if (doubt !== undefined) return;
  await epoch.raiseDoubt(verdict.why);
  log.error('state-lost', { detail: stateLostText(verdict.why) });
}
