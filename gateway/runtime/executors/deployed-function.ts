/** One function as this host runs it: what was deployed, its limits, and its running calls. */
import type {
  CallContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from '#template/function.ts';
import { timerMs } from '#template/limits/durations.ts';
import { operationAt, type OperationCall } from '#shared/contract/catalogue.ts';
import { isServiceName } from '#shared/contract/names.ts';
import { inBytes } from './bytes-event.ts';
import type { Executor } from './executor.ts';
import type { Deployment } from '../deployments/deployment.ts';
import type { FunctionProgram } from '../deployments/runnable-images.ts';

/** @param folder the handler's folder, absolute or as it lies in the build */
export type LoadHandler = (folder: string) => Promise<FunctionHandler>;

const EXEC_TIMEOUT_MS_DEFAULT = 60_000;
const LOAD_TIMEOUT_MS = 30_000;
/** Readiness checks do not wait longer, and are not made more often. */
const PROBE_MS = 1_000;

export class DeployedFunction {
  readonly spec: Deployment;
  /** An operation of our catalogue, or a packed service of it. */
  readonly isOurs: boolean;
  /** Time after which the platform answers 504 in the function's place. */
  readonly execTimeoutMs: number;
  /** Concurrent calls allowed; absent: unlimited. */
  readonly inflightMax: number | undefined;
  inflight = 0;
  /** Replaced or removed; it ends with its last call. */
  isRetired = false;
  private readonly programName: string;
  private readonly executor: Executor;
  private readonly ended: () => void;
  private state: 'untouched' | 'loading' | 'loaded' | 'failed' = 'untouched';
  private wasReady = false;
  private wasCalled = false;
  private probed: { readonly atMs: number; readonly isReady: Promise<boolean> } | undefined;

  /** @param ended called when it was retired and its last call is over */
  constructor(
    spec: Deployment,
    { name, isOurs }: Pick<FunctionProgram, 'name' | 'isOurs'>,
    executor: Executor,
    ended: () => void = () => undefined,
  ) {
    this.spec = spec;
    this.programName = name;
    this.isOurs = isOurs;
    this.executor = executor;
    this.ended = ended;
    const { exec_timeout: execTimeout = '', max_inflight: inflight } = spec.environment;
    this.execTimeoutMs = timerMs(execTimeout) || EXEC_TIMEOUT_MS_DEFAULT;
    this.inflightMax = positive(spec.labels['max_inflight'] ?? inflight);
  }

  /** All operations of a service in one function. */
  get isPacked(): boolean {
    return this.isOurs && isServiceName(this.programName);
  }

  /** Which operation a call is for; undefined for a function that is none of ours. */
  operationAt(path: string): OperationCall | undefined {
    return this.isOurs ? operationAt(this.programName, path) : undefined;
  }

  /** Rejects with the reason why its handler cannot be loaded. */
  async load(): Promise<void> {
    this.state = 'loading';
    try {
      await this.executor.load(AbortSignal.timeout(LOAD_TIMEOUT_MS));
      await this.probe();
      this.state = 'loaded';
    } catch (thrown) {
      this.state = 'failed';
      throw thrown;
    }
  }

  ready(context: CallContext): Promise<void> {
    return this.executor.ready(context);
  }

  /** Rejects only with what the handler itself threw. */
  run(event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    this.wasCalled = true;
    return this.executor.run(this.isOurs ? event : inBytes(event), context);
  }

  /**
   * Whether a call now would be served. A handler is loaded by its first call, and counts as ready
   * until then.
   */
  async isAvailable(): Promise<boolean> {
    if (this.state === 'loading' || this.state === 'failed') return false;
    const isUntried = this.state === 'untouched' && !this.wasCalled;
    if (!this.executor.isWarm && (isUntried || this.wasReady)) return true;
    const nowMs = performance.now();
    if (!this.probed || nowMs - this.probed.atMs > PROBE_MS)
      this.probed = { atMs: nowMs, isReady: this.probe() };
    return this.probed.isReady;
  }

  /** For one that cannot be run: it is listed and serves no calls. */
  fail(): this {
    this.state = 'failed';
    return this;
  }

  /** Takes no new calls; its resources are released when its last call is over. */
  retire(): void {
    this.isRetired = true;
    this.endWhenIdle();
  }

  begin(): void {
    this.inflight += 1;
  }

  end(): void {
    this.inflight -= 1;
    this.endWhenIdle();
  }

  /** Closes threads and dependencies at once. */
  close(): Promise<void> {
    return this.executor.close();
  }

  private endWhenIdle(): void {
    if (this.isRetired && this.inflight === 0) this.ended();
  }

  /** Without an answer in time the last known state stands. */
  private async probe(): Promise<boolean> {
    const signal = AbortSignal.timeout(PROBE_MS);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(this.wasReady), PROBE_MS);
    });
    const asked = this.executor.ready({ callId: 'ready', signal }).then(
      () => true,
      () => false,
    );
    this.wasReady = await Promise.race([asked, late]);
    clearTimeout(timer);
    return this.wasReady;
  }
}

/** 0 and values that do not parse mean no limit, as in OpenFaaS. */
function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
