/** One function as this host carries it: what the stack says, its limits, and its counts. */
import type { FunctionHandler } from '#template/function.ts';
import { durationMs } from '#template/durations.ts';
import type { StackFunction } from './stack-file.ts';

/** @param folder the handler's folder, as the stack names it */
export type LoadHandler = (folder: string) => Promise<FunctionHandler>;

const EXEC_TIMEOUT_MS_DEFAULT = 60_000;

export class DeployedFunction {
  readonly spec: StackFunction;
  readonly createdAt: Date;
  /** Time after which the platform answers 504 in the function's place. */
  readonly execTimeoutMs: number;
  /** Calls that may run side by side; absent: as many as come. */
  readonly inflightMax: number | undefined;
  inflight = 0;
  private readonly loadHandler: LoadHandler;
  private loading: Promise<FunctionHandler> | undefined;

  constructor(spec: StackFunction, loadHandler: LoadHandler, createdAt: Date) {
    this.spec = spec;
    this.createdAt = createdAt;
    this.loadHandler = loadHandler;
    const { exec_timeout: execTimeout = '', max_inflight: inflight } = spec.environment;
    this.execTimeoutMs = durationMs(execTimeout) || EXEC_TIMEOUT_MS_DEFAULT;
    this.inflightMax = positive(spec.labels['max_inflight'] ?? inflight);
  }

  /** The handler, loaded at the first call; a load that failed is tried again at the next. */
  load(): Promise<FunctionHandler> {
    this.loading ??= this.loadHandler(this.spec.handler).catch((thrown: unknown) => {
      this.loading = undefined;
      throw thrown;
    });
    return this.loading;
  }
}

/** 0 and nonsense are no limit, as in OpenFaaS. */
function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
