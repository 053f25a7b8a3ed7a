/**
 * Carries the functions of a stack in this process: finds one by name, holds it to its limits, and
 * calls it, here or on a worker thread. HTTP, the queue and calls between functions all come
 * through `invoke`.
 */
import type {
  CallContext,
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from '#template/function.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/runtime/log.ts';
import { DeployedFunction, type LoadHandler } from './deployed-function.ts';
import { FunctionLogs } from './function-logs.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { thinksLong } from './heavy.ts';
import {
  NAMESPACE,
  execTimeout,
  functionElsewhere,
  tooManyCalls,
  unknownFunction,
  unreachableFunction,
} from './platform-errors.ts';
import { isPieces } from '#template/function.ts';
import { invoke } from '#template/server.ts';
import { mounted } from '#template/surroundings.ts';
import type { StackFunction } from './stack-file.ts';
import { ThreadLost, type WorkerPool } from './worker-pool.ts';

export interface HostOptions {
  readonly functions: readonly StackFunction[];
  readonly load: LoadHandler;
  readonly log: Log;
  /** Where heavy operations run; absent: here. */
  readonly pool?: WorkerPool | undefined;
  /** Functions of services that another board has: what to tell who looks for them here. */
  readonly elsewhere?: ReadonlyMap<string, Failure> | undefined;
}

export class FunctionHost {
  /** What the functions said lately. */
  readonly logs = new FunctionLogs();
  /** How often and how long each was called, also before it was deployed anew. */
  readonly metrics = new GatewayMetrics(() =>
    this.list().map(({ spec }) => ({ name: spec.name, replicas: 1 })),
  );
  private readonly functions: ReadonlyMap<string, DeployedFunction>;
  private readonly options: HostOptions;
  private shared: unknown;

  constructor(options: HostOptions) {
    const createdAt = new Date();
    this.options = options;
    this.functions = new Map(
      options.functions.map((spec) => [
        spec.name,
        new DeployedFunction(spec, options.load, createdAt),
      ]),
    );
  }

  /** Hands the functions what they share; before that they open a world of their own. */
  carry(shared: unknown): void {
    this.shared = shared;
  }

  list(): readonly DeployedFunction[] {
    return [...this.functions.values()];
  }

  /** @param name with or without `.openfaas-fn` */
  find(name: string): DeployedFunction | undefined {
    return this.functions.get(bare(name));
  }

  /** Calls a function by name; a function that is not there is a 404, never a throw. */
  async call(name: string, event: FunctionEvent, context: CallContext) {
    const deployed = this.find(name);
    return deployed ? this.invoke(deployed, event, context) : this.notHere(name);
  }

  /** The answer for a function that is not deployed here; names the board that has it. */
  notHere(name: string): FunctionResult {
    const where = this.options.elsewhere?.get(bare(name));
    return where ? functionElsewhere(where) : unknownFunction(name);
  }

  /** The function as a handler for the door; limits included. */
  handlerOf(deployed: DeployedFunction): FunctionHandler {
    return Object.assign(
      (event: FunctionEvent, context: FunctionContext) => this.invoke(deployed, event, context),
      {
        ready: async (context: FunctionContext): Promise<void> => {
          const handler = await deployed.load();
          await handler.ready?.({ ...context, shared: this.shared });
        },
      },
    );
  }

  /** Rejects only with what the handler itself threw. */
  async invoke(
    deployed: DeployedFunction,
    event: FunctionEvent,
    context: CallContext,
  ): Promise<FunctionResult> {
    if (event.path.startsWith('/_/')) return this.lookInside(deployed, event, context);
    const { inflightMax, execTimeoutMs } = deployed;
    const over = this.watch(deployed.spec.name, event, context.callId);
    if (inflightMax !== undefined && deployed.inflight >= inflightMax) {
      over(429);
      return tooManyCalls(inflightMax);
    }
    const slot = new Slot(deployed, context.signal, over);
    try {
      const running = this.run(deployed, event, { ...context, signal: slot.signal });
      const result = await Promise.race([running, slot.overdue]);
      if (result === OVERDUE) {
        running.catch(() => undefined);
        this.options.log.warn('exec-timeout', { function: deployed.spec.name, execTimeoutMs });
        return slot.free(execTimeout());
      }
      return slot.free(result);
    } catch (thrown) {
      slot.release(500);
      throw thrown;
    }
  }

  /** Tells who watches of a call that begins. @returns what tells them that it is over */
  private watch(name: string, event: FunctionEvent, callId: string): (status: number) => void {
    const { method, path } = event;
    const startedAt = performance.now();
    this.metrics.started(name);
    return (status) => {
      const seconds = (performance.now() - startedAt) / 1000;
      const call = { callId, method, path, status, seconds };
      this.metrics.ended(name, call);
      this.logs.ended(name, call);
    };
  }

  /** Health and readiness, for callers that do not come through the door. */
  private async lookInside(
    deployed: DeployedFunction,
    event: FunctionEvent,
    context: CallContext,
  ): Promise<FunctionResult> {
    const isHostPath = event.path === '/_/health' || event.path === '/_/ready';
    if (!isHostPath) return { status: 404, body: 'not found' };
    return invoke(this.handlerOf(deployed), event, { ...context, ...mounted() });
  }

  private async run(
    deployed: DeployedFunction,
    event: FunctionEvent,
    context: CallContext,
  ): Promise<FunctionResult> {
    const { name, handler } = deployed.spec;
    const { pool, log } = this.options;
    if (pool && thinksLong(name, event.path, event.headers)) {
      return pool.run(handler, event, context).catch((thrown: unknown) => {
        if (!(thrown instanceof ThreadLost)) throw thrown;
        log.error('thread-lost', { function: name, callId: context.callId, cause: thrown });
        return unreachableFunction(name);
      });
    }
    const load = await deployed.load().catch((cause: unknown) => {
      log.error('handler-not-loaded', { function: name, cause });
      return undefined;
    });
    if (!load) return unreachableFunction(name);
    return load(event, { ...context, ...mounted(), shared: this.shared });
  }
}

/** Without the namespace. */
function bare(name: string): string {
  const suffix = `.${NAMESPACE}`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

const OVERDUE = Symbol('overdue');

/** What is counted for a call whose caller did not wait for the answer; nobody is sent it. */
const CALLER_LEFT = 499;

/** One place among a function's running calls, with its time limit; freed when the answer is out. */
class Slot {
  readonly signal: AbortSignal;
  readonly overdue: Promise<typeof OVERDUE>;
  private readonly deployed: DeployedFunction;
  private readonly timer: NodeJS.Timeout;
  private readonly callerSignal: AbortSignal;
  private readonly over: (status: number) => void;
  private readonly stop = new AbortController();
  private held = true;

  /** @param over told the status of the answer when the slot is free */
  constructor(
    deployed: DeployedFunction,
    callerSignal: AbortSignal,
    over: (status: number) => void,
  ) {
    this.deployed = deployed;
    this.over = over;
    this.callerSignal = callerSignal;
    this.signal = this.stop.signal;
    deployed.inflight += 1;
    let late: (value: typeof OVERDUE) => void = () => undefined;
    this.overdue = new Promise((resolve) => void (late = resolve));
    this.timer = setTimeout(() => {
      this.stop.abort(new DOMException('The execution time ran out.', 'TimeoutError'));
      late(OVERDUE);
    }, deployed.execTimeoutMs);
    callerSignal.addEventListener('abort', this.leave);
    if (callerSignal.aborted) this.leave();
  }

  /** A caller who leaves before a stream began will never finish reading it. */
  private readonly leave = (): void => {
    this.stop.abort(this.callerSignal.reason);
    this.release(CALLER_LEFT);
  };

  /** Frees the slot at once, or when the answer's pieces are through. */
  free(result: FunctionResult): FunctionResult {
    const { status = 200, body } = result;
    if (isPieces(body)) return { ...result, body: this.through(body, status) };
    this.release(status);
    return result;
  }

  release(status: number): void {
    if (!this.held) return;
    this.held = false;
    this.over(status);
    clearTimeout(this.timer);
    this.callerSignal.removeEventListener('abort', this.leave);
    this.deployed.inflight -= 1;
  }

  private async *through<T>(pieces: AsyncIterable<T>, status: number): AsyncGenerator<T> {
    try {
      yield* pieces;
    } finally {
      this.release(status);
    }
  }
}
