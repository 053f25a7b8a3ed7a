/**
 * The book against the broker's statement, for the metrics: a scrape comes every few seconds and a broker
 * counts its calls, so the statement is asked for at most once in a quarter of an hour by each process.
 */
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Context } from '#shared/runtime/context.ts';

const INTERVAL_MS = 15 * 60_000;

interface Checked {
  readonly atMs: number;
  readonly differences: Promise<number>;
}

const checks = new WeakMap<FunctionsClient, Checked>();

/** @returns how many findings the last check had @throws Failure where the broker did not answer */
export function bookDifferences(context: Context): Promise<number> {
  const { functions, now } = context;
  const known = checks.get(functions);
  if (known && now() - known.atMs < INTERVAL_MS && now() >= known.atMs) return known.differences;
  const differences = functions
    .call(portfolio.verifyLedger, {}, context.callOptions())
    .then(({ findings }) => findings.length);
  checks.set(functions, { atMs: now(), differences });
  differences.catch(() => checks.delete(functions));
  return differences;
}
