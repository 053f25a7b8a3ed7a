/** One trading cycle while it runs: its record, its calls to other operations, what it tells. */
import type { TradingCycleResult, TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { Plan } from '#protos/gen/planning.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { present } from '#shared/kernel/assert.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/operations/row.ts';
import type { Context } from '#shared/runtime/context.ts';
import { CycleStore } from '../cycle-store.ts';
import { newCycle, withStepDone, type CycleRecord } from '../model/cycle.ts';

export interface CycleRequest {
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly buysOnly: boolean;
}

/** The steps, and the percentage at which each ends. */
const stepEndsPct = {
  'sync-positions': 5,
  'sync-prices': 20,
  look: 22,
  score: 30,
  optimise: 40,
  plan: 60,
  validate: 65,
  execute: 90,
  book: 95,
  report: 100,
} as const;

export type StepName = keyof typeof stepEndsPct;

/** What a step yields while it goes on. */
export type Telling = AsyncGenerator<TradingCycleUpdate>;

/** The cycle that a run carries out; anyone who knows the run can name it. */
export function cycleIdOf(run: string): CycleId {
  return `cycle-${shortHash(run)}` as CycleId;
}

export class Cycle {
  readonly context: Context;
  readonly request: CycleRequest;
  readonly store: CycleStore;
  record: CycleRecord;
  /** The plan, once there is one. */
  plan: Plan | undefined;
  /** Why nothing is bought or sold, where the cycle ends before its orders. */
  endsBecause: string | undefined;
  /** The same, where that is a fault and not a decision. */
  failsBecause: string | undefined;

  private constructor(
    context: Context,
    request: CycleRequest,
    store: CycleStore,
    record: CycleRecord,
  ) {
    this.context = context;
    this.request = request;
    this.store = store;
    this.record = record;
  }

  /** Begins a cycle, or finds it where a crash has left it. @throws Failure CONFLICT */
  static async open(context: Context, request: CycleRequest, timeoutMs: number): Promise<Cycle> {
    const store = new CycleStore(context.database);
    const id = cycleIdOf(context.idempotencyKey);
    await store.claim(id, timeoutMs);
    const { dryRun, buysOnly } = request;
    const record = await store.begin(newCycle({ id, dryRun, buysOnly, startedAt: context.now() }));
    return new Cycle(context, request, store, record);
  }

  get id(): CycleId {
    return this.record.id;
  }

  /** Whether the cycle goes on to its orders. */
  get goesOn(): boolean {
    return this.endsBecause === undefined && this.failsBecause === undefined;
  }

  get requiredPlan(): Plan {
    return present(this.plan, 'a cycle has planned before it executes');
  }

  /** Stops at a call that was given up, whose outcome then is not known. */
  stopIfAborted(): void {
    this.context.signal.throwIfAborted();
  }

  async change(change: (record: CycleRecord) => CycleRecord): Promise<void> {
    this.record = await this.store.change(this.id, change);
  }

  call<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    idempotencyKey?: string,
  ): Promise<ResponseOf<O>> {
    const { functions } = this.context;
    return functions.call(operation, request, this.context.callOptions(idempotencyKey));
  }

  stream<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
  ): AsyncGenerator<ResponseOf<O>> {
    const { functions } = this.context;
    return functions.stream(operation, request, this.context.callOptions());
  }

  /** @param share of the step that is done, 0 to 1 */
  tell(step: StepName, share: number, message: string): TradingCycleUpdate {
    const to = stepEndsPct[step];
    const from = Math.max(0, ...Object.values(stepEndsPct).filter((pct) => pct < to));
    const progressPct = Math.round(from + (to - from) * share);
    const { id: cycleId } = this;
    return { step, progressPct, message, complete: false, result: undefined, error: '', cycleId };
  }

  /** Remembers that a step is done, and says so. */
  async done(step: StepName, message: string): Promise<TradingCycleUpdate> {
    await this.change((record) => withStepDone(record, step));
    return this.tell(step, 1, message);
  }

  /** The last message. */
  async end(message: string, result: TradingCycleResult): Promise<TradingCycleUpdate> {
    const endedAt = this.context.now();
    await this.change((record) => ({ ...withStepDone(record, 'report'), endedAt }));
    const error = this.failsBecause ?? '';
    return { ...this.tell('report', 1, message), complete: true, result, error };
  }

  close(): Promise<void> {
    return this.store.release(this.id);
  }
}
