/** One trading cycle while it runs: its record, its calls to other operations, its progress. */
import { setMaxListeners } from 'node:events';
import type { TradingCycleResult, TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { Plan } from '#protos/gen/planning.ts';
import { isCancelled, type CallOptions } from '#shared/clients/functions-client.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { present } from '#shared/kernel/assert.ts';
import { Failure, refused } from '#shared/kernel/failure.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/contract/row.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import type { Context } from '#shared/runtime/context.ts';
import { watchCancellation, type CancellationWatch } from '#shared/runtime/runs/cancellation.ts';
import { CycleStore } from '../cycle-store.ts';
import { countText, newCycle, withStepDone, type CycleRecord } from '../model/cycle.ts';
import { handedToOther } from './cycle-attempt.ts';

export interface CycleRequest {
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly buysOnly: boolean;
  /** Shares of the value to trade straight to; empty where the plan finds its own. */
  readonly targetWeights: ReadonlyMap<string, number>;
}

/** The steps, and the percentage at which each ends. */
const stepEndsPct = {
  'sync-positions': 5,
  'sync-prices': 20,
  snapshot: 22,
  score: 30,
  optimise: 40,
  plan: 60,
  validate: 65,
  approve: 66,
  execute: 90,
  book: 95,
  report: 100,
} as const;

export type StepName = keyof typeof stepEndsPct;

/** Where the step before ends. */
const stepBeginsPct = Object.fromEntries(
  Object.entries(stepEndsPct).map(([step, to]) => [
    step,
    Math.max(0, ...Object.values(stepEndsPct).filter((pct) => pct < to)),
  ]),
) as Readonly<Record<StepName, number>>;

/** The progress that a step yields. */
export type ProgressStream = AsyncGenerator<TradingCycleUpdate>;

/** The cycle of a run; its id derives from the run's id. */
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
  /** An earlier attempt began to send its orders. */
  isResumed = false;
  /** An earlier attempt had finished steps. */
  readonly wasInterrupted: boolean;
  /** Orders that were not sent because the cycle was cancelled between two of them. */
  ordersLeft = 0;
  /** Fencing token of this attempt. */
  private readonly fence: number;
  private readonly watch: CancellationWatch | undefined;
  /** Also aborts when all subscribers have cancelled. */
  readonly signal: AbortSignal;
  /** Aborts only when the call has to end: its time is up, or its job processor gives it up. */
  private readonly wholeSignal: AbortSignal;

  private constructor(
    context: Context,
    request: CycleRequest,
    store: CycleStore,
    record: CycleRecord,
    fence: number,
    watch: CancellationWatch | undefined,
  ) {
    this.context = context;
    this.request = request;
    this.store = store;
    this.record = record;
    this.fence = fence;
    this.wasInterrupted = record.stepsDone.length > 0 || record.replaced !== undefined;
    this.watch = watch;
    this.signal = watch ? AbortSignal.any([context.signal, watch.caller.signal]) : context.signal;
    this.wholeSignal = unlessCancelled(context.signal);
    // A step may call several operations at once, each of which listens.
    setMaxListeners(0, this.signal, this.wholeSignal);
  }

  /**
   * Begins a cycle, or finds it where a crash has left it, and takes it over from earlier attempts.
   * @throws Failure CONFLICT; UNAVAILABLE where a later attempt was faster; REFUSED `state-lost` before
   * anything is written; REFUSED
   *   `cycle-cancelled` for one that was stopped among its orders
   */
  static async open(context: Context, request: CycleRequest, timeoutMs: number): Promise<Cycle> {
    await context.database.epoch.required();
    const store = new CycleStore(context.database);
    const id = cycleIdOf(context.idempotencyKey);
    const known = await store.find(id);
    if (known?.cancelled)
      throw refused('cycle-cancelled', `The cycle ${id} was cancelled; ask for a new one.`);
    const fence = await store.claim(id, known, timeoutMs);
    try {
      return await Cycle.begin(context, request, store, id, fence);
    } catch (thrown) {
      await store.release(id, fence).catch(() => undefined);
      throw thrown;
    }
  }

  private static async begin(
    context: Context,
    request: CycleRequest,
    store: CycleStore,
    id: CycleId,
    fence: number,
  ): Promise<Cycle> {
    const { dryRun, buysOnly } = request;
    const fresh = newCycle({ id, dryRun, buysOnly, startedAt: context.now() });
    const { record, isOwn } = await store.begin(fresh, fence);
    const { run, runs } = context;
    const watch = run === undefined ? undefined : await watchCancellation(runs, run);
    const cycle = new Cycle(context, request, store, record, fence, watch);
    if (isOwn) return cycle;
    watch?.close();
    throw await handedToOther(cycle);
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

  /** Throws where the call was aborted, whose outcome is then unknown. */
  stopIfAborted(): void {
    this.context.signal.throwIfAborted();
  }

  /** Whether all subscribers have cancelled. */
  get isCancelled(): boolean {
    return isCancelled(this.signal);
  }

  /** The end of a cycle that left orders unsent. @throws Failure CANCELLED, saying what was done */
  async endIfCancelled(): Promise<void> {
    const { ordersLeft, id } = this;
    if (ordersLeft === 0) return;
    const endedAt = this.context.now();
    await this.change((record) => ({ ...record, endedAt, cancelled: true }));
    const { sent } = this.record;
    const orders = Object.keys(sent).length;
    throw new Failure(
      'CANCELLED',
      `The cycle was cancelled: ${countText(orders, 'order')} went out and ` +
        `${orders === 1 ? 'is' : 'are'} booked, ${ordersLeft} did not go out.`,
      { cycleId: id, ordersSent: orders, ordersLeft },
    );
  }

  /** @throws Failure UNAVAILABLE where a later attempt has taken the cycle over */
  async change(change: (record: CycleRecord) => CycleRecord): Promise<void> {
    if (!(await this.changeIfOwn(change))) throw await handedToOther(this);
  }

  private async changeIfOwn(change: (record: CycleRecord) => CycleRecord): Promise<boolean> {
    const { record, isOwn } = await this.store.change(this.id, this.fence, change);
    this.record = record;
    return isOwn;
  }

  /** Whether no other cycle can have begun since this attempt did. */
  holdsLease(): Promise<boolean> {
    return this.store.holds(this.id, this.fence);
  }

  call<O extends Operation>(operation: O, request: WireRequestOf<O>): Promise<ResponseOf<O>> {
    const { functions } = this.context;
    return functions.call(operation, request, this.options());
  }

  /** Whether an operation could do its work now, and why not. @throws Failure where nobody answers */
  ready({ name }: Operation): Promise<{ ready: boolean; reason: string }> {
    return this.context.functions.ready(name, this.options());
  }

  /** A call that goes on when the cycle is cancelled: an order, and the booking of orders. */
  callWhole<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    idempotencyKey?: string,
  ): Promise<ResponseOf<O>> {
    const options = { ...this.context.callOptions(idempotencyKey), signal: this.wholeSignal };
    return this.context.functions.call(operation, request, options);
  }

  stream<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    idempotencyKey?: string,
  ): AsyncGenerator<ResponseOf<O>> {
    const { functions } = this.context;
    return functions.stream(operation, request, this.options(idempotencyKey));
  }

  private options(idempotencyKey?: string): CallOptions {
    return { ...this.context.callOptions(idempotencyKey), signal: this.signal };
  }

  /** @param share of the step that is done, 0 to 1 */
  report(step: StepName, share: number, message: string): TradingCycleUpdate {
    const [from, to] = [stepBeginsPct[step], stepEndsPct[step]];
    const progressPct = Math.round(from + (to - from) * share);
    const { id: cycleId } = this;
    return { step, progressPct, message, complete: false, result: undefined, error: '', cycleId };
  }

  /** Records that a step is done, and reports it. */
  async done(step: StepName, message: string): Promise<TradingCycleUpdate> {
    await this.change((record) => withStepDone(record, step));
    return this.report(step, 1, message);
  }

  /** The last message. */
  async end(message: string, result: TradingCycleResult): Promise<TradingCycleUpdate> {
    const endedAt = this.context.now();
    await this.change((record) => ({ ...withStepDone(record, 'report'), endedAt }));
    const error = this.failsBecause ?? '';
    return { ...this.report('report', 1, message), complete: true, result, error };
  }

  /**
   * The end of an attempt that failed before its orders: its plan is cancelled, and another attempt makes its
   * own. After the first order the cycle goes on with its plan instead.
   */
  async fail(thrown: unknown): Promise<void> {
    const { database, log, now } = this.context;
    const failure = Failure.from(thrown).message;
    try {
      const isOwn = await this.changeIfOwn((record) =>
        record.executionBegan || record.endedAt !== undefined
          ? record
          : { ...record, endedAt: now(), failure },
      );
      const { planId, dryRun } = this.record;
      if (!isOwn || this.record.failure === undefined || planId === undefined || dryRun) return;
      await markPlan(database, planId, 'cancelled');
    } catch (cause) {
      log.warn('cycle-end-not-recorded', { cycleId: this.id, cause });
    }
  }

  close(): Promise<void> {
    this.watch?.close();
    return this.store.release(this.id, this.fence);
  }
}

function unlessCancelled(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const pass = (): void => {
    if (!isCancelled(signal)) controller.abort(signal.reason);
  };
  if (signal.aborted) pass();
  else signal.addEventListener('abort', pass, { once: true });
  return controller.signal;
}
