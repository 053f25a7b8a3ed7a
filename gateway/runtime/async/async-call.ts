/** An asynchronous call: what is stored of it, and what is reported about it. */
import { createHash } from 'node:crypto';
import type { Job } from 'bullmq';
import { operationAt } from '#shared/contract/catalogue.ts';
import type { Effect } from '#shared/contract/row.ts';
import { bareName } from '../http/platform-errors.ts';

/** One queued call. It holds no token: what the caller may do was decided when it was queued. */
export interface QueuedCall {
  readonly callId: string;
  /** As the caller wrote it, perhaps with a namespace. */
  readonly functionName: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bodyBase64: string;
  readonly callbackUrl?: string | undefined;
  /** Distinguishes a repeated call from another one under the same id. */
  readonly digest: string;
  /** The access its caller was granted, where it is for an operation of ours. */
  readonly effect?: Effect | undefined;
}

/** How a run ended. */
export interface CallEnd {
  readonly status: number;
  readonly seconds: number;
}

export const callStates = ['queued', 'running', 'retrying', 'done', 'dead'] as const;
export type CallState = (typeof callStates)[number];

export type CallJob = Job<QueuedCall>;

/** What an operator sees; neither payload nor headers nor address of the callback. */
export interface CallStatus {
  readonly callId: string;
  readonly function: string;
  readonly state: CallState;
  /** Runs that have ended. */
  readonly attempts: number;
  readonly attemptsMax: number;
  /** Of the last run. */
  readonly status?: number | undefined;
  readonly seconds?: number | undefined;
  readonly queuedAt: string;
  readonly endedAt?: string | undefined;
  /** Why it is dead. */
  readonly reason?: string | undefined;
  readonly callback?: CallbackStatus | undefined;
}

export interface CallbackStatus {
  readonly state: 'queued' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly reason?: string | undefined;
}

/** The queue of a call: the operation's where it is ours, so that a packed service is not one queue. */
export function queueFor(functionName: string, path: string): string {
  const name = bareName(functionName);
  return operationAt(name, path)?.operation.name ?? name;
}

/** BullMQ takes no colon in an id, and no number as one. */
export function jobIdOf(callId: string): string {
  return `call-${callId.replaceAll('%', '%25').replaceAll(':', '%3A')}`;
}

export function callDigestOf(path: string, query: string, body: Buffer): string {
  return createHash('sha256').update(`${path}\n${query}\n`).update(body).digest('hex').slice(0, 32);
}

/** The record of a completed call: that it ended, and nothing of its content. */
export function withoutContent({ callId, functionName, digest }: QueuedCall): QueuedCall {
  return { callId, functionName, digest, path: '', query: '', headers: {}, bodyBase64: '' };
}

export function asyncStatusOf(
  queueName: string,
  job: CallJob,
  state: CallState,
  callback: CallbackStatus | undefined,
): CallStatus {
  const end = (job.returnvalue ?? (isEnd(job.progress) ? job.progress : undefined)) as
    CallEnd | undefined;
  return {
    callId: job.data.callId,
    function: queueName,
    state,
    attempts: job.attemptsMade,
    attemptsMax: job.opts.attempts ?? 1,
    status: end?.status,
    seconds: end?.seconds,
    queuedAt: new Date(job.timestamp).toISOString(),
    endedAt: job.finishedOn === undefined ? undefined : new Date(job.finishedOn).toISOString(),
    reason: state === 'dead' ? job.failedReason : undefined,
    callback,
  };
}

function isEnd(progress: unknown): progress is CallEnd {
  return typeof progress === 'object' && progress !== null && 'status' in progress;
}
