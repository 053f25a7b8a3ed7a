/** Replays policies and their benchmarks: buy and hold, and equal weights. */
import { shortHash } from '#shared/kernel/hash.ts';
import type { Past } from './past.ts';
import type { ReplayPolicy, ReplayWindow } from './policy.ts';
import { dailySharpe, reportOf, type ReplayReport, type RunToReport } from './model/report.ts';
import { pastUnder } from './read-past.ts';
import { runReplay } from './run-replay.ts';
import { countTrial } from './trials.ts';

export interface ReplayRequest {
  readonly past: Past;
  readonly policy: ReplayPolicy;
  readonly window: ReplayWindow;
  /** Where trials are counted. */
  readonly trialsFile: string;
}

export interface ReplayAnswer {
  readonly report: ReplayReport;
  /** The policy's first. */
  readonly runs: readonly RunToReport[];
  readonly refusals: readonly string[];
}

export async function replayPolicy(request: ReplayRequest): Promise<ReplayAnswer> {
  const { past, policy, window, trialsFile } = request;
  const runs: RunToReport[] = [];
  for (const one of [policy, heldInstead(policy), equalInstead(policy)])
    runs.push(await carriedOut(past, one, window));
  const index = await indexInstead(past, policy, window);
  if (index) runs.push(index);
  const [run, ...others] = runs as [RunToReport, ...RunToReport[]];
  const ground = shortHash({ window, bars: [...past.bars] });
  const { name: _shown, ...terms } = policy;
  const trials = await countTrial(trialsFile, {
    ground,
    policy: shortHash(terms),
    sharpeRatio: dailySharpe(run),
  });
  const refusals = run.days.flatMap(({ day, refusals: texts }) => texts.map((t) => `${day} ${t}`));
  return { report: reportOf(run, others, trials, ground), runs, refusals };
}

async function carriedOut(
  past: Past,
  policy: ReplayPolicy,
  window: ReplayWindow,
): Promise<RunToReport> {
  const { days, capital } = await runReplay({ past: pastUnder(past, policy), policy, window });
  return { name: policy.name, days, capital };
}

/** Bought in equal parts on the first day; deposits are invested, and nothing is sold. */
function heldInstead(policy: ReplayPolicy): ReplayPolicy {
  const schedule = policy.deposit
    ? ({ kind: 'first-of', period: policy.deposit.each } as const)
    : ({ kind: 'once' } as const);
  const { band: _none, ...rest } = policy;
  return { ...rest, name: 'buy and hold', weights: { kind: 'equal' }, schedule, sells: false };
}

function equalInstead(policy: ReplayPolicy): ReplayPolicy {
  const schedule = { kind: 'first-of', period: 'month' } as const;
  const { band: _none, ...rest } = policy;
  return {
    ...rest,
    name: 'equal weights monthly',
    weights: { kind: 'equal' },
    schedule,
    sells: true,
  };
}

/** The benchmark of the data alone, where it has one. */
async function indexInstead(
  past: Past,
  policy: ReplayPolicy,
  window: ReplayWindow,
): Promise<RunToReport | undefined> {
  const index = past.securities.find(({ isin }) => isin === past.benchmark);
  if (!index) return undefined;
  const own = { ...past, securities: [index], benchmark: undefined };
  const held = {
    ...heldInstead(policy),
    name: `index ${index.symbol}`,
    securities: [index.symbol],
  };
  return carriedOut(own, held, window);
}
