/** Replays on worker threads: each is given the data once and carries out one run at a time. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Failure } from '#shared/kernel/failure.ts';
import type { SentPast } from '#shared/replay/sent-past.ts';
import type { ReplayPolicy, ReplayWindow } from '#shared/replay/replay-policy.ts';
import type { RunOn, RunPolicy } from '#shared/replay/replay-policies.ts';
import type { ReplayRun } from '#shared/replay/run-replay.ts';

export interface ThreadInputs {
  readonly past: SentPast;
  readonly window: ReplayWindow;
}

export interface ThreadTask {
  readonly policy: ReplayPolicy;
  readonly on: RunOn;
}

export type ThreadAnswer =
  { readonly run: ReplayRun } | { readonly failure: Pick<Failure, 'code' | 'message' | 'facts'> };

interface Waiting {
  readonly task: ThreadTask;
  readonly resolve: (run: ReplayRun) => void;
  readonly reject: (cause: unknown) => void;
}

export interface ReplayThreads {
  readonly run: RunPolicy;
  close(): Promise<void>;
}

/** A replay makes much garbage that dies young; in larger spaces it is collected more rarely. */
const YOUNG_GENERATION_MB = 64;
/** Far more than any replay of one policy has taken; a leak ends its thread, not the machine. */
const HEAP_MB_MAX = 4_096;

export interface ThreadPool extends ThreadInputs {
  readonly threads: number;
  /** Of each. */
  readonly heapMbMax: number;
}

export function openReplayThreads({ threads, heapMbMax, ...inputs }: ThreadPool): ReplayThreads {
  const queue: Waiting[] = [];
  const workers: Worker[] = [];
  const idle: Worker[] = [];
  const next = (): void => {
    if (queue.length === 0) return;
    if (idle.length === 0 && workers.length < threads) {
      const opened = openWorker(inputs, heapMbMax);
      workers.push(opened);
      idle.push(opened);
    }
    const worker = idle.pop();
    const waiting = worker && queue.shift();
    if (!worker || !waiting) return;
    void answerOf(worker, waiting.task)
      .then(waiting.resolve, waiting.reject)
      .finally(() => {
        idle.push(worker);
        next();
      });
  };
  return {
    run: (policy, on) =>
      new Promise((resolve, reject) => {
        queue.push({ task: { policy, on }, resolve, reject });
        next();
      }),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Beside this program, whose parts lie in folders of one place. */
const THREAD = '../cli/replay-thread.js';

function openWorker(inputs: ThreadInputs, heapMbMax: number): Worker {
  return new Worker(new URL(THREAD, import.meta.url), {
    workerData: inputs,
    resourceLimits: {
      maxOldGenerationSizeMb: Math.min(heapMbMax, HEAP_MB_MAX),
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
    },
  });
}

async function answerOf(worker: Worker, task: ThreadTask): Promise<ReplayRun> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const answer = once(worker, 'message', { signal }) as Promise<[ThreadAnswer]>;
    const exit = once(worker, 'exit', { signal }).then(() => {
      throw new Failure('UNAVAILABLE', 'A thread of the replay ended.');
    });
    worker.postMessage(task);
    const [reported] = await Promise.race([answer, exit]);
    if ('run' in reported) return reported.run;
    const { code, message, facts } = reported.failure;
    throw new Failure(code, message, facts);
  } catch (cause) {
    throw whyLost(cause);
  } finally {
    ended.abort();
  }
}

/** An error that ended a thread. */
function whyLost(cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'ERR_WORKER_OUT_OF_MEMORY')
    return cause;
  const message = 'The replay took more memory than there is. A shorter one takes less.';
  return new Failure('TOO_LARGE', message, {}, cause);
}
