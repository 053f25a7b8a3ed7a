/** Queued calls as an operator sees them: found, listed, run again, dropped. */
import type { JobType } from 'bullmq';
import {
  jobIdOf,
  asyncStatusOf,
  type CallJob,
  type CallState,
  type CallStatus,
} from './async-call.ts';
import { keyOf } from './async-ledger.ts';
import type { AsyncQueue } from './async-queue.ts';

const LISTED_BY: Readonly<Record<CallState, readonly JobType[]>> = {
  queued: ['wait', 'delayed'],
  running: ['active'],
  retrying: ['delayed'],
  done: ['completed'],
  dead: ['failed'],
};

interface Found {
  readonly queueName: string;
  readonly job: CallJob;
  readonly state: CallState;
}

export type ChangeResult = 'changed' | 'unknown' | 'not-now';

export class AsyncCalls {
  private readonly queue: AsyncQueue;

  constructor(queue: AsyncQueue) {
    this.queue = queue;
  }

  /** One status a function that was called under the id; mostly one. */
  async byId(callId: string, queueName?: string): Promise<readonly CallStatus[]> {
    return Promise.all((await this.find(callId, queueName)).map((found) => this.status(found)));
  }

  /** The latest first. */
  async list(
    state: CallState | undefined,
    queueName: string | undefined,
    max: number,
  ): Promise<readonly CallStatus[]> {
    const functionQueues =
      queueName === undefined ? await this.queue.functionQueues.names() : [queueName];
    const states = state === undefined ? Object.values(LISTED_BY).flat() : LISTED_BY[state];
    const types = [...new Set(states)];
    const found = await Promise.all(
      functionQueues.map(async (one) => {
        const queue = this.queue.functionQueues.queueOf(one);
        const jobs = (await queue.getJobs(types, 0, max - 1, false)) as (CallJob | undefined)[];
        const here = jobs.filter((job) => job !== undefined);
        return Promise.all(here.map((job) => this.withState(one, job)));
      }),
    );
    const dead =
      state === undefined || state === 'dead' ? await this.undelivered(functionQueues, max) : [];
    const requested = [...found.flat(), ...dead]
      .filter((one) => state === undefined || one.state === state || dead.includes(one))
      .toSorted((one, other) => other.job.timestamp - one.job.timestamp);
    const unique = requested.filter(
      (one, i) =>
        requested.findIndex(
          ({ queueName, job }) => queueName === one.queueName && job.id === one.job.id,
        ) === i,
    );
    return Promise.all(unique.slice(0, max).map((one) => this.status(one)));
  }

  /** Calls that are done and whose callback is dead. */
  private async undelivered(functionQueues: readonly string[], max: number): Promise<Found[]> {
    const found = await Promise.all(
      functionQueues.map(async (queueName) => {
        const reported = await this.queue.callbacks.functionQueues
          .queueOf(queueName)
          .getJobs(['failed'], 0, max - 1);
        const calls = reported.map(({ id = '' }) =>
          this.queue.functionQueues.queueOf(queueName).getJob(id),
        );
        const jobs = (await Promise.all(calls)).filter((job) => job !== undefined);
        return Promise.all(jobs.map((job) => this.withState(queueName, job)));
      }),
    );
    return found.flat();
  }

  /** Runs a dead call again; where only its outcome was not delivered, delivers that again. */
  async retry(callId: string, queueName?: string): Promise<ChangeResult> {
    const found = await this.find(callId, queueName);
    if (found.length === 0) return 'unknown';
    let changed = false;
    for (const { queueName: at, job, state } of found) {
      if (state === 'dead') await this.queue.retry(at, job);
      else if (!(await this.queue.callbacks.retry(at, job.id ?? ''))) continue;
      changed = true;
    }
    return changed ? 'changed' : 'not-now';
  }

  /** Forgets a call, whatever its state; one that runs is not stopped. */
  async drop(callId: string, queueName?: string): Promise<ChangeResult> {
    const found = await this.find(callId, queueName);
    if (found.length === 0) return 'unknown';
    if (found.some(({ state }) => state === 'running')) return 'not-now';
    for (const { queueName: at, job } of found) {
      // A worker has just started it: then it must not be removed.
      const gone = await job.remove().then(
        () => true,
        () => false,
      );
      if (!gone) return 'not-now';
      this.queue.ledger.forget(keyOf('call', at, job.id ?? ''));
      await this.queue.callbacks.drop(at, job.id ?? '');
    }
    return 'changed';
  }

  private async find(callId: string, queueName?: string): Promise<readonly Found[]> {
    const functionQueues =
      queueName === undefined ? await this.queue.functionQueues.names() : [queueName];
    const found = await Promise.all(
      functionQueues.map(async (one) => {
        const read = () => this.queue.functionQueues.queueOf(one).getJob(jobIdOf(callId));
        const job = await read();
        if (!job) return [];
        const found = await this.withState(one, job);
        if (!endedMeanwhile(found)) return [found];
        // The state read after the job ended is more accurate than the one read before.
        const ended = await read();
        return ended ? [await this.withState(one, ended)] : [];
      }),
    );
    return found.flat();
  }

  private async withState(queueName: string, job: CallJob): Promise<Found> {
    const state = await job.getState();
    return { queueName, job, state: stateOf(state, job.attemptsStarted > 0) };
  }

  private async status({ queueName, job, state }: Found): Promise<CallStatus> {
    return asyncStatusOf(
      queueName,
      job,
      state,
      await this.queue.callbacks.status(queueName, job.id ?? ''),
    );
  }
}

function endedMeanwhile({ job, state }: Found): boolean {
  return (state === 'done' || state === 'dead') && job.finishedOn === undefined;
}

function stateOf(state: string, wasBegun: boolean): CallState {
  if (state === 'active') return 'running';
  if (state === 'completed') return 'done';
  if (state === 'failed') return 'dead';
  return state === 'delayed' && wasBegun ? 'retrying' : 'queued';
}
