/** The one document of `--json`; docs/start.md describes it. */
import { BUILD } from '#shared/process/build-version.ts';
import type { StartAccount, Market } from './start-facts.ts';
import type { Embedded } from '../embedded.ts';
import type { CycleOutcome } from '../first-cycle.ts';
import type { StartSteps } from '../start-steps.ts';

export function resultDocumentOf(
  embedded: Embedded,
  { market, account }: { market: Market; account: StartAccount },
  steps: StartSteps,
  { success, message, failure, durationMs, result }: CycleOutcome,
) {
  const { redis, runtime, facade, secrets, functionCount, hasConnector } = embedded;
  return {
    version: BUILD,
    ready: {
      redis: { version: redis.version, own: redis.own },
      functions: functionCount,
      gateway: runtime.url,
      grpcPorts: facade?.ports ?? null,
      connector: hasConnector,
      market,
      account,
      secretsDir: secrets.files.dir,
      startMs: steps.totalMs,
      steps: steps.times,
    },
    cycle: {
      success,
      message,
      failure: failure ?? null,
      durationMs,
      cycleId: result?.cycleId ?? null,
      dryRun: result?.dryRun ?? null,
      tradesExecuted: result?.tradesExecuted ?? 0,
      tradesFailed: result?.tradesFailed ?? 0,
      totalInvested: result?.totalInvested ?? null,
      totalCost: result?.totalCost ?? null,
    },
    plan: result?.plan ?? null,
    trades: result?.trades ?? [],
    before: result?.before ?? null,
    after: result?.after ?? null,
    setAsideBars: result?.setAsideBars ?? [],
    priceDoubts: result?.priceDoubts ?? [],
  };
}
