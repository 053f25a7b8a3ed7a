/** Replays policies and what each is compared with: the same securities held, and in equal parts, and the index. */
import { canonicalJson, shortHash, shortHashOfParts } from '#shared/kernel/hash.ts';
import { equalInstead, heldInstead, indexInstead } from './compared-policies.ts';
import type { Past } from './past.ts';
import type { ReplayPolicy, ReplayWindow } from './replay-policy.ts';
import { compared, dailySharpe, reportOf } from './model/replay-report.ts';
import type { Difference, ReplayReport, RunToReport } from './model/replay-report.ts';
import { pastUnder } from './read-past.ts';
import type { ReplayRecords } from './replay-records.ts';
import { runReplay, type ReplayInputs, type ReplayRun } from './run-replay.ts';

/** Securities that a run trades: those of its policy, or the benchmark of the data alone. */
export type RunOn = 'securities' | 'index';

/** Carries out one run, here or on a thread. */
export type RunPolicy = (policy: ReplayPolicy, on: RunOn) => Promise<ReplayRun>;

export interface ReplayRequest {
  readonly past: Past;
  /** Each with a name of its own. */
  readonly policies: readonly ReplayPolicy[];
  readonly window: ReplayWindow;
  readonly countTrial: ReplayRecords['countTrial'];
  readonly run: RunPolicy;
}

export interface ReplayAnswer {
  readonly policy: ReplayPolicy;
  readonly report: ReplayReport;
  /** The policy's first. */
  readonly runs: readonly RunToReport[];
  readonly refusals: readonly string[];
}

export interface Comparison {
  readonly answers: readonly ReplayAnswer[];
  /** Of each policy from each one after it. */
  readonly differences: readonly Difference[];
}

export async function replayPolicies(request: ReplayRequest): Promise<Comparison> {
  const { past, policies, window, countTrial, run } = request;
  const once = eachOnce(run);
  const running = Promise.all(policies.map((policy) => runsOf(policy, past, once)));
  // While threads carry them out.
  const ground = groundOf(past, window);
  const all = await running;
  let trials: readonly number[] = [];
  for (const [i, runs] of all.entries())
    trials = await countTrial(trialOf(policies[i] as ReplayPolicy, runs, ground));
  const answers = policies.map((policy, i): ReplayAnswer => {
    const runs = all[i] ?? [];
    const [own, ...others] = runs as [RunToReport, ...RunToReport[]];
    return {
      policy,
      runs,
      report: reportOf(own, others, trials, ground),
      refusals: refusalsOf(own),
    };
  });
  return {
    answers,
    differences: compared(
      all.flatMap(([own]) => own ?? []),
      ground,
    ),
  };
}

/**
 * Names the data and the window: the hash of both as one document, which has millions of numbers.
 * @internal exported for its tests
 */
export function groundOf({ bars }: Past, window: ReplayWindow): string {
  return shortHashOfParts(groundTexts(bars, window));
}

function* groundTexts(bars: Past['bars'], window: ReplayWindow): Generator<string> {
  let before = '{"bars":[';
  for (const one of bars) {
    yield before + canonicalJson(one);
    before = ',';
  }
  yield `${bars.size === 0 ? before : ''}],"window":${canonicalJson(window)}}`;
}

/** In this thread. */
export function runHere(inputs: Omit<ReplayInputs, 'policy'>): RunPolicy {
  return (policy, on) => {
    const own = on === 'index' ? indexOnly(inputs.past) : inputs.past;
    return runReplay({ ...inputs, past: pastUnder(own, policy), policy });
  };
}

function trialOf(policy: ReplayPolicy, [own]: readonly RunToReport[], ground: string) {
  return { ground, policy: termsHash(policy), sharpeRatio: own ? dailySharpe(own) : 0 };
}

/** Several policies are compared with the same runs, which are carried out once. */
function eachOnce(run: RunPolicy): RunPolicy {
  const begun = new Map<string, Promise<ReplayRun>>();
  return (policy, on) => {
    const key = `${on} ${termsHash(policy)}`;
    const known = begun.get(key) ?? run(policy, on);
    begun.set(key, known);
    return known;
  };
}

function termsHash({ name: _shown, ...terms }: ReplayPolicy): string {
  return shortHash(terms);
}

function runsOf(policy: ReplayPolicy, past: Past, run: RunPolicy): Promise<RunToReport[]> {
  const index = past.securities.find(({ isin }) => isin === past.benchmark);
  const requested: (readonly [ReplayPolicy, RunOn])[] = [
    [policy, 'securities'],
    [heldInstead(policy), 'securities'],
    [equalInstead(policy), 'securities'],
  ];
  if (index) requested.push([indexInstead(policy, index.symbol), 'index']);
  return Promise.all(
    requested.map(async ([one, on]) => {
      const { shares: _shares, cash: _cash, ...own } = await run(one, on);
      return { name: one.name, ...own };
    }),
  );
}

function refusalsOf({ days }: RunToReport): readonly string[] {
  return days.flatMap(({ day, refusals: texts }) => texts.map((text) => `${day} ${text}`));
}

function indexOnly(past: Past): Past {
  const securities = past.securities.filter(({ isin }) => isin === past.benchmark);
  return { ...past, securities, benchmark: undefined };
}
