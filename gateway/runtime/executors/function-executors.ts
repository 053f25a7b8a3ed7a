/** Decides for each deployment how its calls are executed: here, on shared threads, or on its own. */
import type { Environment } from '#template/function.ts';
import { readLimits } from '#template/limits/function-limits.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { operations, requireOperation } from '#shared/contract/catalogue.ts';
import type { Log } from '#shared/process/log.ts';
import { LocalExecutor, SplitExecutor, ThreadExecutor, type Executor } from './executor.ts';
import type { LoadHandler } from './deployed-function.ts';
import type { Deployment } from '../deployments/deployment.ts';
import type { FunctionLogs } from '../observe/function-logs.ts';
import { environmentOf, environmentVariablesOf } from './hosted-environment.ts';
import { LeadingExecutor } from './leading-executor.ts';
import { FunctionThreads, type ThreadsOptions } from './function-threads.ts';
import type { WorkerPool } from './worker-pool.ts';
import { isCpuBound, leadsTo } from './cpu-bound.ts';
import type { Images, FunctionProgram } from '../deployments/runnable-images.ts';
import { isolationOf } from '../deployments/isolation.ts';
import {
  DependencyPool,
  type OpenDependencies,
  type DependencyLease,
} from './dependency-leases.ts';

export interface ExecutorOptions {
  readonly images: Images;
  /** Loads a handler into this thread. */
  readonly load: LoadHandler;
  readonly log: Log;
  /** The host's environment, which a deployment's goes over. */
  readonly env?: Environment;
  /** Folder of the functions' secrets; absent: where OpenFaaS mounts them. */
  readonly secrets?: { readonly dir: string } | undefined;
  /** Where CPU-bound operations and isolated functions run; absent: all run here. */
  readonly threads?: ThreadsOptions | undefined;
  /** For operations whose deployment sets settings; absent: all share the host's dependencies. */
  readonly openDependencies?: OpenDependencies | undefined;
}

const CPU_BOUND = operations.filter(({ weight }) => weight === 'heavy');

export class FunctionExecutors {
  private readonly options: ExecutorOptions;
  private readonly logs: FunctionLogs;
  private readonly find: (name: string) => Deployment | undefined;
  private readonly dependencyPool: DependencyPool;
  private readonly threads: FunctionThreads | undefined;
  /** CPU-bound operations that are deployed otherwise than in the build. */
  private remoteOperations: readonly string[] | undefined;

  /** @param find what is deployed under a name */
  constructor(
    options: ExecutorOptions,
    logs: FunctionLogs,
    find: (name: string) => Deployment | undefined,
  ) {
    const { env = {}, secrets, threads, openDependencies } = options;
    this.options = options;
    this.logs = logs;
    this.find = find;
    this.dependencyPool = new DependencyPool(env, openDependencies);
    const functionEnvironment = { env, secretsDir: secrets?.dir, logs };
    this.threads = threads && new FunctionThreads(threads, functionEnvironment);
  }

  /** The dependencies of all operations whose deployment sets nothing of its own. */
  shareDependencies(shared: unknown): void {
    this.dependencyPool.shareDependencies(shared);
  }

  /** To be called when what is deployed has changed. */
  changed(): void {
    this.remoteOperations = undefined;
  }

  /** Ends all threads, also of functions that wait for their last call. */
  async close(): Promise<void> {
    await this.threads?.close();
  }

  /** @throws Failure INVALID_REQUEST naming a wrong annotation, limit or setting */
  executorOf(spec: Deployment, program: FunctionProgram): Executor {
    requireLimits(spec);
    const isolation = isolationOf(spec, program.isOurs);
    const dependencies = program.isOurs ? this.dependencyPool.take(spec.environment) : undefined;
    if (!this.threads) return this.here(spec, program, dependencies);
    if (isolation === 'thread') {
      void dependencies?.release();
      return this.onOwnThreads(spec, program, this.threads);
    }
    const own = this.here(spec, program, dependencies);
    const here = program.isOurs ? this.leading(own, program, this.threads.operations) : own;
    return isCpuBoundProgram(program) ? this.split(here, spec, program, this.threads) : here;
  }

  private leading(here: Executor, program: FunctionProgram, pool: WorkerPool): Executor {
    if (!leadsAnywhere(program)) return here;
    return new LeadingExecutor(here, ({ path, headers }) => {
      const far = this.deployedOtherwise();
      const near = leadsTo(program.name, path, headers).filter((name) => !far.includes(name));
      const folders = near.map((name) => requireOperation(name).folder);
      if (folders.length > 0) pool.prepare({ folders, far });
    });
  }

  private split(
    here: Executor,
    spec: Deployment,
    program: FunctionProgram,
    pools: FunctionThreads,
  ): Executor {
    const ownsThreads = this.dependencyPool.isOwn(spec.environment);
    const threads = ownsThreads
      ? this.onOwnThreads(spec, program, pools)
      : this.onThreads(spec, program, pools.operations, () => this.deployedOtherwise());
    return new SplitExecutor({ here, threads, ownsThreads }, ({ path, headers }) =>
      isCpuBound(program.name, path, headers),
    );
  }

  private here(
    spec: Deployment,
    program: FunctionProgram,
    dependencies: DependencyLease | undefined,
  ): Executor {
    const { env = {}, secrets, load, log } = this.options;
    const { name } = spec;
    const { folder, isOurs } = program;
    const visible = environmentVariablesOf(env, spec, isOurs);
    const functionEnvironment = environmentOf(visible, spec.secrets, secrets?.dir);
    const parts = { name, functionEnvironment, dependencies, log, print: this.printerFor(name) };
    return new LocalExecutor({ ...parts, load: () => load(folder) });
  }

  /** It runs only its own function: other operations may have other settings, or run elsewhere. */
  private onOwnThreads(
    spec: Deployment,
    program: FunctionProgram,
    threads: FunctionThreads,
  ): Executor {
    const inflightMax = Number(spec.environment['max_inflight']) || undefined;
    const pool = threads.open(spec, inflightMax, program.isOurs);
    return this.onThreads(spec, program, pool, () => CPU_BOUND.map(({ name }) => name));
  }

  private onThreads(
    { name, environment, secrets }: Deployment,
    { folder }: FunctionProgram,
    pool: FunctionThreads['operations'],
    far: () => readonly string[],
  ): Executor {
    const functionEnvironment = { environment, secrets };
    const { log } = this.options;
    return new ThreadExecutor({
      name,
      pool,
      folder,
      functionEnvironment,
      far,
      log,
      print: this.printerFor(name),
    });
  }

  private printerFor(name: string): (text: string) => void {
    return (text) => this.logs.append(name, String(process.pid), text);
  }

  /** A thread runs only those operations itself that are deployed as in the build. */
  private deployedOtherwise(): readonly string[] {
    this.remoteOperations ??= CPU_BOUND.filter(({ name, service }) => {
      const spec = this.find(name) ?? this.find(service);
      const program = spec && this.options.images.find(spec.image);
      if (!spec || !program?.isOurs || ![name, service].includes(program.name)) return true;
      return this.dependencyPool.isOwn(spec.environment) || isolationOf(spec, true) === 'thread';
    }).map(({ name }) => name);
    return this.remoteOperations;
  }
}

function leadsAnywhere(program: FunctionProgram): boolean {
  return operations.some(
    ({ name, service, leadsTo = [] }) =>
      leadsTo.length > 0 && (name === program.name || service === program.name),
  );
}

function isCpuBoundProgram(program: FunctionProgram): boolean {
  const isIt = ({ name, service }: (typeof CPU_BOUND)[number]): boolean =>
    name === program.name || service === program.name;
  return program.isOurs && CPU_BOUND.some(isIt);
}

/** In a container of its own it would not start with a limit that cannot be read. */
function requireLimits({ environment }: Deployment): void {
  try {
    readLimits(environment);
  } catch (thrown) {
    throw invalidRequest({ field: 'envVars', message: (thrown as Error).message });
  }
}
