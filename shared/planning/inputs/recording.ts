/** Records what a plan sees: each reply of Redis, the clock, the market's day, settings and target weights. */
import type { Command, Redis } from 'ioredis';
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { optimization } from '#shared/contract/optimization.ts';
import type { WireRequestOf } from '#shared/contract/row.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { loadAllocation, type AllocationRequest } from '#shared/optimization/load-allocation.ts';
import { parseRequest } from '#shared/runtime/wire.ts';
import type { Settings } from '#shared/process/settings.ts';
import { encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Plan } from '../model/plan.ts';
import type { PlanRequest } from '../plan-constraints.ts';
import { commandOf, readsByThemselves } from './command.ts';
import { settingText } from './setting-text.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Addresses, files and whatever may hold a secret are no input of a plan. */
const NO_INPUT = /url|host|tls|token|secret|key|password|user|file|dir|smtp|mail|telegram|webhook/i;

export class InputRecorder {
  /** To make the plan with. */
  readonly dependencies: Dependencies;
  private readonly reads: [string[], unknown][] = [];
  private readonly instants: number[] = [];
  private readonly days: string[] = [];
  private readonly own: Dependencies;
  private readonly request: PlanRequest;
  private targets: OptimizeAllocationResponse | undefined;
  private targetsCanBeMade = false;

  constructor(dependencies: Dependencies, request: PlanRequest) {
    this.own = dependencies;
    this.request = request;
    // A call's context inherits from the dependencies of its process, so a copy would miss them.
    this.dependencies = Object.assign(Object.create(dependencies) as Dependencies, {
      database: this.recordedReads(dependencies.database),
      marketData: this.recordedDays(dependencies.marketData),
      now: () => {
        const now = dependencies.now();
        this.instants.push(now);
        return now;
      },
    });
  }

  /** Reads once more what the optimization service made them of; a plan does not fail for it. */
  async keepTargets(
    wireRequest: WireRequestOf<typeof optimization.optimizeAllocation>,
    answer: OptimizeAllocationResponse,
  ): Promise<void> {
    this.targets = answer;
    const request = parseRequest(optimization.optimizeAllocation, wireRequest) as AllocationRequest;
    this.targetsCanBeMade = await loadAllocation(this.dependencies, request).then(
      () => true,
      () => false,
    );
  }

  inputs(plan: Plan): PlanInputs {
    const { build, baseCurrency, settings } = this.own;
    return {
      ...{ planId: plan.id, build, baseCurrency, request: wireOf(this.request) },
      settings: inputSettings(settings),
      ...{ instants: this.instants, days: this.days, reads: this.reads, targets: this.targets },
      ...(this.targetsCanBeMade && { targetsCanBeMade: true }),
      plan: encode(plan),
    };
  }

  private recordedReads(database: Database): Database {
    const { redis } = database;
    const prefix = redis.options.keyPrefix ?? '';
    const sendCommand = (command: Command, stream?: never): unknown => {
      const words = commandOf(command, prefix);
      void command.promise.then(
        (reply: unknown) => this.reads.push([words, reply]),
        () => undefined,
      );
      return redis.sendCommand(command, stream);
    };
    const own = Object.assign(Object.create(redis) as Redis, { sendCommand });
    // What a process still knows would not be read, and so not be recorded.
    const derive: Database['derive'] = (_place, _keys, compute) => compute();
    // Which reads are joined depends on the moment; by themselves they are the same each time.
    return Object.assign(Object.create(database) as Database, {
      ...{ redis: own, derive },
      ...readsByThemselves(own),
    });
  }

  private recordedDays(marketData: MarketData): MarketData {
    const today = (now: Instant) => {
      const day = marketData.today(now);
      this.days.push(day);
      return day;
    };
    return Object.assign(Object.create(marketData) as MarketData, { today });
  }
}

function inputSettings(settings: Settings): Record<string, unknown> {
  const kept = Object.entries(settings).filter(([name]) => !NO_INPUT.test(name));
  const written = kept.map(([name, value]: [string, unknown]) => [name, settingText(value)]);
  return JSON.parse(JSON.stringify(Object.fromEntries(written))) as Record<string, unknown>;
}

/** As it was on the wire. */
function wireOf(request: PlanRequest): Record<string, unknown> {
  const text = JSON.stringify(request, (_key, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
}
