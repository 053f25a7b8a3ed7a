/**
 * The connector's part in detecting lost state: functions under faasd keep no record across
 * restarts, but the connector has a data folder.
 */
import type { Log } from '#shared/process/log.ts';
import type { Database } from '#shared/redis/database.ts';
import { stateLostText } from '#shared/redis/state-epoch.ts';

/**
 * Compares the epoch in Redis with the record, and updates the record. A state that was lost is
 * marked in Redis, so that no function trades on it until a person has decided.
 */
export async function watchState({ epoch }: Database, log: Log): Promise<void> {
  const verdict = await epoch.verdict();
  if (verdict.kind === 'kept') return;
  const { doubt } = await epoch.held();
  if (doubt !== undefined) return;
  await epoch.raiseDoubt(verdict.why);
  log.error('state-lost', { detail: stateLostText(verdict.why) });
}
