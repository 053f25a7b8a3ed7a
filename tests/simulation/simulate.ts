/** Runs points and counts them: seeded, in order, resumable, several stages side by side. */
import { isClusterUrl } from '#shared/redis/addresses.ts';
import { allEffects, noFault, type EffectKind } from './stage/fault-plane.ts';
import { ask } from './stage/ask.ts';
import { effectsOf, pointKinds, roundOf, type Point, type PointKind } from './points.ts';
import { runPoint } from './run-point.ts';
import { scenarios, type Scenario } from './stage/scenarios.ts';
import { RealRedis } from './redis/real-redis.ts';
import { RedisModel } from './redis/redis-model.ts';
import { Stage, type Kept } from './stage/stage.ts';

export interface Extent {
  readonly seed: string;
  /** Number of the first point, from 0. */
  readonly from: number;
  readonly count: number;
  /** Of the points of a round, only every so many-th; 1: all of them. */
  readonly stride?: number;
  /** Points of this kind of mishap only, all of a round, until one violates an invariant. */
  readonly only?: PointKind | undefined;
}

export interface Violation {
  readonly point: number;
  readonly text: string;
  readonly trace: readonly string[];
}

export interface Report {
  readonly seed: string;
  readonly points: Readonly<Record<PointKind, number>>;
  /** Points of one complete round. */
  readonly perRound: number;
  readonly violations: readonly Violation[];
}

export interface Progress {
  readonly done: number;
  readonly violations: number;
}

/** Stages side by side; each has a state of its own. */
const STAGES = 8;
/** After so many the rest would say the same. */
const VIOLATIONS_MAX = 5;

/** @param url of a redis-server or a cluster that holds the state; absent: the model in memory does */
export async function simulate(
  url: string | undefined,
  extent: Extent,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Report> {
  const stages = Array.from(
    // A cluster has one database.
    { length: url !== undefined && isClusterUrl(url) ? 1 : STAGES },
    (_, index) => new Stage(url === undefined ? new RedisModel() : new RealRedis(url, index)),
  );
  try {
    return await new Simulation(stages, extent, onProgress).run();
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}

class Simulation {
  private readonly stages: readonly Stage[];
  private readonly extent: Extent;
  private readonly onProgress: (progress: Progress) => void;
  private readonly kept: Kept[] = [];
  private readonly points = Object.fromEntries(pointKinds.map((kind) => [kind, 0])) as Record<
    PointKind,
    number
  >;
  private readonly violations: Violation[] = [];
  private round: readonly Point[] = [];
  private next = 0;
  private done = 0;

  constructor(stages: readonly Stage[], extent: Extent, onProgress: (progress: Progress) => void) {
    this.stages = stages;
    this.extent = extent;
    this.onProgress = onProgress;
  }

  async run(): Promise<Report> {
    const { stages, extent } = this;
    const first = stages[0];
    if (!first) throw new Error('a simulation has a stage');
    const counts: ((kinds: readonly EffectKind[]) => number)[] = [];
    for (const scenario of scenarios) counts.push(await this.measure(first, scenario));
    const round = roundOf(scenarios.length, (scenario, kind) => {
      const effects = effectsOf(kind, scenarios[scenario] ?? {});
      return counts[scenario]?.(effects) ?? 0;
    });
    this.round = round.filter(({ kind }) => extent.only === undefined || kind === extent.only);
    await Promise.all(stages.map((stage) => this.work(stage)));
    const { points, violations } = this;
    const sorted = violations.toSorted((a, b) => a.point - b.point);
    return { seed: extent.seed, points, perRound: this.round.length, violations: sorted };
  }

  /** Keeps the prepared state, and counts the effects of the scenario without a mishap. */
  private async measure(
    stage: Stage,
    scenario: Scenario,
  ): Promise<(kinds: readonly EffectKind[]) => number> {
    await stage.begin();
    await scenario.prepare(stage);
    const kept = await stage.keep();
    this.kept.push(kept);
    const counts = new Map<EffectKind, number>();
    for (const kind of allEffects) {
      await stage.restore(kept);
      scenario.arrange?.(stage);
      const process = stage.open({ ...noFault, among: [kind] });
      for (const request of scenario.requests) await ask(process, request);
      counts.set(kind, process.plane.count);
    }
    return (kinds) => kinds.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
  }

  private async work(stage: Stage): Promise<void> {
    const { seed, from, stride = 1, only } = this.extent;
    const count = only === undefined ? this.extent.count : this.round.length;
    const violationsMax = only === undefined ? VIOLATIONS_MAX : 1;
    while (this.next < count && this.violations.length < violationsMax) {
      const number = from + this.next * stride;
      this.next += 1;
      const point = this.round[number % this.round.length];
      const scenario = point && scenarios[point.scenario];
      const kept = point && this.kept[point.scenario];
      if (!scenario || !kept) throw new Error('a point has its scenario');
      const run = await runPoint(stage, scenario, kept, point, `${seed} ${number}`);
      const place = `${scenario.name}, ${point.kind} ${point.when} effect ${point.at}`;
      for (const text of run.violations)
        this.violations.push({ point: number, text: `${place}: ${text}`, trace: run.trace });
      this.points[point.kind] += 1;
      this.done += 1;
      this.onProgress({ done: this.done, violations: this.violations.length });
    }
  }
}
