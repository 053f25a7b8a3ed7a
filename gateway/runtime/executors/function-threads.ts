/**
 * The worker threads of a host: a few that all CPU-bound operations share, and separate ones for every
 * isolated function. What a function prints goes to its log.
 */
import type { Environment } from '#template/function.ts';
import { giveBackPages } from '#template/observe/rest.ts';
import type { Deployment } from '../deployments/deployment.ts';
import type { FunctionLogs } from '../observe/function-logs.ts';
import { WholeLines } from '../observe/whole-lines.ts';
import { environmentVariablesOf } from './hosted-environment.ts';
import { heapMbOf } from '../deployments/isolation.ts';
import { ThreadBudget } from './thread-budget.ts';
import type { ThreadDependencies } from './worker-messages.ts';
import { WorkerPool } from './worker-pool.ts';
import type { Printer } from './worker-thread.ts';

export interface ThreadsOptions {
  /** The built `worker.js`. */
  readonly file: string;
  /** Folder in which the handlers of the build lie. */
  readonly root: string;
  /** For operations of our catalogue. Asked when a thread starts; the gateway listens by then. */
  readonly dependencies?: (() => ThreadDependencies) | undefined;
  /** Threads that CPU-bound operations share. */
  readonly operationsMax: number;
  /** Of one isolated function. */
  readonly perFunctionMax?: number;
  /** Of all isolated functions, beyond one each. */
  readonly threadsMax?: number;
  readonly idleMs?: number;
  readonly graceMs?: number;
  /** Takes each line of the log of operations; stderr where absent. */
  readonly writeLog?: (line: string) => void;
}

const PER_FUNCTION_MAX = 16;
const THREADS_MAX = 32;
const IDLE_MS = 30_000;
/**
 * A thread of operations costs some 80 to 180 MB after its work, and starts again with 0.3 s of processor time. The steps
 * of a cycle follow each other within this time.
 */
const OPERATIONS_IDLE_MS = 3_000;

export class FunctionThreads {
  readonly operations: WorkerPool;
  private readonly options: ThreadsOptions;
  private readonly env: Environment;
  private readonly secretsDir: string | undefined;
  private readonly logs: FunctionLogs;
  private readonly budget: ThreadBudget;

  /** @param env the host's environment */
  constructor(
    options: ThreadsOptions,
    {
      env,
      secretsDir,
      logs,
    }: { env: Environment; secretsDir: string | undefined; logs: FunctionLogs },
  ) {
    this.options = options;
    this.env = env;
    this.secretsDir = secretsDir;
    this.logs = logs;
    this.budget = new ThreadBudget(options.threadsMax ?? THREADS_MAX);
    this.operations = new WorkerPool({
      ...this.sharedBetweenEqual(options.dependencies),
      name: 'operations',
      threadsMax: options.operationsMax,
      idleMs: OPERATIONS_IDLE_MS,
      onRest: collectGarbage,
    });
  }

  /**
   * Threads for one function alone; they start at its first call.
   * @param isOurs an operation, which gets dependencies with its deployment's settings
   */
  open(deployment: Deployment, threadsMax: number | undefined, isOurs: boolean): WorkerPool {
    const { perFunctionMax = PER_FUNCTION_MAX, idleMs = IDLE_MS, dependencies } = this.options;
    const env = environmentVariablesOf(this.env, deployment, isOurs);
    return new WorkerPool({
      ...this.sharedBetweenEqual(
        isOurs && dependencies
          ? () => ({ ...dependencies(), env: { ...dependencies().env, ...env } })
          : undefined,
      ),
      name: deployment.name,
      threadsMax: Math.min(perFunctionMax, threadsMax ?? perFunctionMax),
      env: defined(env),
      heapMbMax: heapMbOf(deployment),
      idleMs,
      budget: this.budget,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.operations.close(), this.budget.close()]);
  }

  /** The log lines of our operations go to this program's log as well; what else they print is for a person. */
  private printed(): Printer {
    const { writeLog } = this.options;
    return new WholeLines((line) => {
      if (writeLog && line.startsWith('{"level":')) writeLog(line);
      else process.stderr.write(`${line}\n`);
    });
  }

  private sharedBetweenEqual(dependencies: (() => ThreadDependencies) | undefined) {
    const { file, root, graceMs } = this.options;
    return {
      file,
      graceMs,
      data: () => ({ root, secretsDir: this.secretsDir, dependencies: dependencies?.() }),
      printer: (functionName: string, instance: string) => {
        const lines = this.logs.printer(functionName, instance);
        return dependencies ? both(lines, this.printed()) : lines;
      },
    };
  }
}

/** What the work left behind: V8 collects only when a program allocates, and this one now waits. Without `--expose-gc` it is left to V8. */
function collectGarbage(): void {
  const { gc } = globalThis;
  if (!gc) return;
  gc();
  setImmediate(() => giveBackPages(gc));
}

function both(one: Printer, other: Printer): Printer {
  return {
    write: (chunk) => {
      one.write(chunk);
      other.write(chunk);
    },
    end: () => {
      one.end();
      other.end();
    },
  };
}

function defined(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
