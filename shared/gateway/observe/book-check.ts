/**
 * The book against the broker's statement, for the metrics: a scrape comes every few seconds and a broker
 * counts its calls, so each process asks for the statement after each sync of the positions, when both have to agree, and
 * otherwise once in a quarter of an hour.
 */
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Context } from '#shared/runtime/context.ts';
import { JobStore } from '../job-store.ts';

const INTERVAL_MS = 15 * 60_000;
/** A broker that did not answer is not asked by each scrape. */
const FAILED_MS = 20_000;

interface Checked {
  readonly atMs: number;
  /** When the sync before it had ended. */
  readonly syncedAt: Instant | undefined;
  readonly differences: Promise<number>;
  hasFailed: boolean;
}

const checks = new WeakMap<FunctionsClient, Checked>();

/** @returns how many findings the last check had @throws Failure where the broker did not answer */
export async function bookDifferences(context: Context): Promise<number> {
  const { functions, now, database } = context;
  const syncedAt = (await new JobStore(database).find('sync-positions'))?.lastEndedAt;
  const known = checks.get(functions);
  if (known && known.syncedAt === syncedAt && isRecent(known, now())) return known.differences;
  const differences = functions
    .call(portfolio.verifyLedger, {}, context.callOptions())
    .then(({ findings }) => findings.length);
  const checked: Checked = { atMs: now(), syncedAt, differences, hasFailed: false };
  checks.set(functions, checked);
  differences.catch(() => (checked.hasFailed = true));
  return differences;
}

function isRecent({ atMs, hasFailed }: Checked, nowMs: number): boolean {
  return nowMs - atMs < (hasFailed ? FAILED_MS : INTERVAL_MS) && nowMs >= atMs;
}
