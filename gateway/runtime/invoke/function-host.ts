/**
 * Hosts the deployed functions in this process: finds one by name, enforces its limits, and calls it,
 * here or on a worker thread. HTTP, the queue and calls between functions all use `invoke`. A
 * new deployment replaces an old one atomically, when it is ready; calls the old one has accepted end
 * there.
 */
import {
  inEnvironment,
  type CallContext,
  type FunctionContext,
  type FunctionEvent,
  type FunctionHandler,
  type FunctionResult,
} from '#template/function.ts';
import { invoke } from '#template/server.ts';
import { mounted } from '#template/function-environment.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import { isServiceName, pageFunction } from '#shared/contract/names.ts';
import { traceFacts } from '#shared/runtime/traceparent.ts';
import { CallSlot, OVERDUE } from './call-slot.ts';
import { FailedExecutor } from '../executors/executor.ts';
import { DeployedFunction } from '../executors/deployed-function.ts';
import type { Deployment } from '../deployments/deployment.ts';
import { guardExit } from '../executors/exit-guard.ts';
import { FunctionLogs } from '../observe/function-logs.ts';
import type { HostContext } from '../executors/in-process-transport.ts';
import { FunctionExecutors, type ExecutorOptions } from '../executors/function-executors.ts';
import { GatewayMetrics } from '../observe/gateway-metrics.ts';
import type { FunctionProgram } from '../deployments/runnable-images.ts';
import { heapMbOf } from '../deployments/isolation.ts';
import {
  bareName,
  execTimeout,
  functionElsewhere,
  tooManyCalls,
  unknownFunction,
} from '../http/platform-errors.ts';
import type { SecretFiles } from '../deployments/secret-files.ts';

export interface HostOptions extends ExecutorOptions {
  /** What is deployed from the start. */
  readonly functions: readonly Deployment[];
  /** Absent: secrets are where OpenFaaS mounts them, and deploying does not check for them. */
  readonly secrets?: Pick<SecretFiles, 'dir' | 'has'> | undefined;
  /** Functions of services that another board has: the answer to calls that ask for them here. */
  readonly elsewhere?: ReadonlyMap<string, Failure> | undefined;
}

export class FunctionHost {
  /** The recent output of the functions. */
  readonly logs = new FunctionLogs();
  /** Call counts and durations of each, kept across deployments. */
  readonly metrics = new GatewayMetrics(() =>
    this.list().map(({ spec }) => ({ name: spec.name, replicas: 1 })),
  );
  private readonly functions = new Map<string, DeployedFunction>();
  private readonly handlers = new WeakMap<DeployedFunction, FunctionHandler>();
  private readonly options: HostOptions;
  private readonly executors: FunctionExecutors;
  private readonly releaseExit: () => void;

  constructor(options: HostOptions) {
    this.options = options;
    this.executors = new FunctionExecutors(options, this.logs, (name) => this.find(name)?.spec);
    this.releaseExit = guardExit((cause) => options.log.error('exit-refused', { cause }));
    for (const spec of options.functions) this.functions.set(spec.name, this.atStart(spec));
  }

  /** Gives the functions their shared dependencies; before that they open their own. */
  shareDependencies(shared: unknown): void {
    this.executors.shareDependencies(shared);
  }

  list(): readonly DeployedFunction[] {
    return [...this.functions.values()];
  }

  /** @param name with or without `.openfaas-fn` */
  find(name: string): DeployedFunction | undefined {
    return this.functions.get(bareName(name));
  }

  /**
   * Makes a function able to serve, without letting it serve yet.
   * @throws Failure INVALID_REQUEST naming what of the deployment is wrong
   */
  async prepare(spec: Deployment): Promise<DeployedFunction> {
    this.requireSecrets(spec);
    const program = this.options.images.require(spec.image);
    requireOwnName(spec, program);
    const prepared = this.build(spec, program);
    try {
      await prepared.load();
      return prepared;
    } catch (thrown) {
      await prepared.close();
      const why = thrown instanceof Error ? thrown.message : 'failed';
      throw new Failure(
        'INVALID_REQUEST',
        `image: "${spec.image}" does not start: ${why}`,
        { field: 'image' },
        thrown,
      );
    }
  }

  /** Replaces the function of the same name by a prepared one. */
  take(prepared: DeployedFunction): void {
    const { name } = prepared.spec;
    const old = this.functions.get(name);
    this.functions.set(name, prepared);
    this.executors.changed();
    old?.retire();
  }

  /** @returns false where no function has the name */
  remove(name: string): boolean {
    const old = this.functions.get(name);
    if (!old) return false;
    this.functions.delete(name);
    this.executors.changed();
    old.retire();
    this.logs.forget(name);
    return true;
  }

  /** Closes all threads and all dependencies but the host's. */
  async close(): Promise<void> {
    this.releaseExit();
    await Promise.all([this.executors.close(), ...this.list().map((deployed) => deployed.close())]);
  }

  /** Calls a function by name; a function that is not there is a 404, never a throw. */
  call(name: string, event: FunctionEvent, context: HostContext): Promise<FunctionResult> {
    const deployed = this.find(name);
    if (!deployed) return Promise.resolve(this.notHere(name));
    return this.invoke(deployed, event, context);
  }

  /** The answer for a function that is not deployed here; names the board that has it. */
  notHere(name: string): FunctionResult {
    const where = this.options.elsewhere?.get(bareName(name));
    return where ? functionElsewhere(where) : unknownFunction(name);
  }

  /** The function as a handler for the server; limits included. */
  handlerOf(deployed: DeployedFunction): FunctionHandler {
    const known = this.handlers.get(deployed);
    if (known) return known;
    const handler = Object.assign(
      (event: FunctionEvent, context: FunctionContext) => this.invoke(deployed, event, context),
      { ready: (context: FunctionContext): Promise<void> => deployed.ready(context) },
    );
    this.handlers.set(deployed, handler);
    return handler;
  }

  /** Rejects only with what the handler itself threw. */
  async invoke(
    found: DeployedFunction,
    event: FunctionEvent,
    context: HostContext,
  ): Promise<FunctionResult> {
    // It may have been deployed anew while the request was read.
    const deployed = found.isRetired ? this.find(found.spec.name) : found;
    if (!deployed) return this.notHere(found.spec.name);
    if (event.path.startsWith('/_/')) return this.introspect(deployed, event, context);
    const { inflightMax, execTimeoutMs } = deployed;
    const { callId, isScrape } = context;
    const over = isScrape ? uncounted : this.watch(deployed.spec.name, event, callId);
    if (inflightMax !== undefined && deployed.inflight >= inflightMax) {
      over(429);
      return tooManyCalls(inflightMax);
    }
    const slot = new CallSlot(deployed, context, over);
    try {
      const running = deployed.run(event, slot);
      const result = await slot.outcomeOf(running);
      if (result === OVERDUE) {
        running.catch(() => undefined);
        const facts = { function: deployed.spec.name, execTimeoutMs };
        this.options.log.warn('exec-timeout', { ...facts, ...traceFacts(event.headers) });
        return slot.free(execTimeout());
      }
      return slot.free(result);
    } catch (thrown) {
      slot.release(500);
      throw thrown;
    }
  }

  /** Reports a call that begins to the observers. @returns what reports its end */
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

  /** Health and readiness, for callers that do not come through the HTTP server. */
  private async introspect(
    deployed: DeployedFunction,
    event: FunctionEvent,
    context: CallContext,
  ): Promise<FunctionResult> {
    const isHostPath = event.path === '/_/health' || event.path === '/_/ready';
    if (!isHostPath) return { status: 404, body: 'not found' };
    return invoke(this.handlerOf(deployed), event, inEnvironment(context, mounted()));
  }

  /** A function that cannot be run is still listed, serves no calls, and can be deployed again. */
  private atStart(spec: Deployment): DeployedFunction {
    const { log, images, secrets } = this.options;
    const missing = secrets ? spec.secrets.filter((name) => !secrets.has(name)) : [];
    if (missing.length > 0) log.warn('secrets-missing', { function: spec.name, missing });
    try {
      return this.build(spec, images.require(spec.image));
    } catch (cause) {
      log.error('function-load-failed', { function: spec.name, cause });
      const program = { name: spec.name, isOurs: false };
      return new DeployedFunction(spec, program, new FailedExecutor(spec.name)).fail();
    }
  }

  private requireSecrets({ secrets }: Deployment): void {
    const store = this.options.secrets;
    const missing = store ? secrets.filter((name) => !store.has(name)) : [];
    if (missing.length > 0)
      throw invalidRequest({
        field: 'secrets',
        message: `unable to find secret: ${missing.join(', ')}`,
      });
  }

  private build(spec: Deployment, program: FunctionProgram): DeployedFunction {
    heapMbOf(spec);
    const { log } = this.options;
    const deployed: DeployedFunction = new DeployedFunction(
      spec,
      program,
      this.executors.executorOf(spec, program),
      () => {
        deployed.close().catch((cause: unknown) => log.warn('close-failed', { cause }));
      },
    );
    return deployed;
  }
}

/** A scrape must not be what it measures. */
function uncounted(): void {}

/** Callers send tokens to an operation's name, people their password to the page's: no other may take it. */
function requireOwnName({ name }: Deployment, program: FunctionProgram): void {
  const isTrusted =
    isServiceName(name) || name === pageFunction.name || operationAt(name, '/') !== undefined;
  if (isTrusted && !program.isOurs)
    throw invalidRequest({
      field: 'service',
      message: `${name} is the name of an operation, which only an image of this project may have`,
    });
}
