/**
 * Callbacks waiting for delivery. They are jobs of their own: an unreachable listener is called again without
 * running the function again; a slow one delays only callbacks of the same function.
 */
import { UnrecoverableError } from 'bullmq';
import type { FunctionResult } from '#template/function.ts';
import { FunctionQueues } from '#gateway/queue/function-queues.ts';
import type { Log } from '#shared/process/log.ts';
import type { CallbackStatus } from './async-call.ts';
import { keyOf, type AsyncLedger } from './async-ledger.ts';
import { callBack, CallbackRefused, type CallOutcome } from './callback.ts';

const ATTEMPTS = 6;
const BACKOFF_MS = 1_000;
const CONCURRENCY = 8;
const KEEP_SECONDS = 86_400;
const DEAD_SECONDS = 7 * 86_400;
const KEEP_COUNT = 200;
/** Larger answers are delivered once, from memory. */
const KEPT_BYTES_MAX = 1024 * 1024;

interface QueuedCallback {
  readonly callId: string;
  readonly queueName: string;
  readonly functionName: string;
  readonly url: string;
  readonly status: number;
  readonly seconds: number;
  readonly headers: NonNullable<FunctionResult['headers']>;
  readonly bodyBase64: string;
}

export interface CallbackOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly name: string;
  readonly gatewayUrl: () => string;
  readonly log: Log;
  readonly ledger: AsyncLedger;
  /** Records a dead letter, and drops the oldest where there are too many. */
  readonly moveToDeadLetters: (key: string, bytes: number) => Promise<void>;
}

export class Callbacks {
  readonly functionQueues: FunctionQueues<QueuedCallback>;
  private readonly options: CallbackOptions;

  constructor(options: CallbackOptions) {
    this.options = options;
    const { redisUrl, prefix, name, ledger, log } = options;
    this.functionQueues = new FunctionQueues<QueuedCallback>({
      redisUrl,
      prefix,
      name,
      concurrencyOf: () => CONCURRENCY,
      work: async (job) => {
        const [queueName, id] = [job.data.queueName, job.id ?? ''];
        await this.deliver(job.data.url, outcomeOf(job.data));
        ledger.forget(keyOf('callback', queueName, id));
        await job.updateData({ ...job.data, url: '', headers: {}, bodyBase64: '' });
      },
      failed: async (queueName, job, error) => {
        log.warn('callback-dead', {
          callId: job.data.callId,
          function: queueName,
          reason: error.message,
        });
        await options.moveToDeadLetters(
          keyOf('callback', queueName, job.id ?? ''),
          job.data.bodyBase64.length,
        );
      },
    });
  }

  /** Keeps the outcome until it is delivered; a second outcome of the same call is not another one. */
  async schedule(queueName: string, id: string, url: string, outcome: CallOutcome): Promise<void> {
    if (outcome.body.length > KEPT_BYTES_MAX) return this.sendOnce(queueName, url, outcome);
    const { callId, functionName, status, seconds, headers, body } = outcome;
    const bodyBase64 = body.toString('base64');
    const data = { callId, queueName, functionName, url, status, seconds, headers, bodyBase64 };
    this.options.ledger.waits(keyOf('callback', queueName, id), bodyBase64.length);
    await this.functionQueues.add(queueName, 'callback', data, {
      jobId: id,
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: BACKOFF_MS },
      removeOnComplete: { age: KEEP_SECONDS, count: KEEP_COUNT },
      removeOnFail: { age: DEAD_SECONDS },
    });
  }

  /** The delivery state of a call's callback. */
  async end(
    queueName: string,
    id: string,
  ): Promise<{ status: number; seconds: number } | undefined> {
    return (await this.functionQueues.queueOf(queueName).getJob(id))?.data;
  }

  async status(queueName: string, id: string): Promise<CallbackStatus | undefined> {
    const queue = this.functionQueues.queueOf(queueName);
    // The state first: a job that was read before it ended would count its attempts too low.
    const state = await queue.getJobState(id);
    const job = await queue.getJob(id);
    if (!job) return undefined;
    const dead = state === 'failed';
    return {
      state: dead ? 'dead' : state === 'completed' ? 'delivered' : 'queued',
      attempts: job.attemptsMade,
      reason: dead ? job.failedReason : undefined,
    };
  }

  /** @returns whether there was a dead one to send again */
  async retry(queueName: string, id: string): Promise<boolean> {
    const job = await this.functionQueues.queueOf(queueName).getJob(id);
    if (!job || !(await job.isFailed())) return false;
    this.options.ledger.waits(keyOf('callback', queueName, id), job.data.bodyBase64.length);
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    this.functionQueues.work(queueName);
    return true;
  }

  async drop(queueName: string, id: string): Promise<void> {
    this.options.ledger.forget(keyOf('callback', queueName, id));
    await this.functionQueues
      .queueOf(queueName)
      .remove(id)
      .catch(() => undefined);
  }

  /** A failed delivery is lost: the outcome is not stored, and the function must not run again for it. */
  private async sendOnce(queueName: string, url: string, outcome: CallOutcome): Promise<void> {
    const { callId } = outcome;
    await this.deliver(url, outcome).catch(({ message: reason }: Error) => {
      this.options.log.warn('callback-dead', { callId, function: queueName, reason });
    });
  }

  private async deliver(url: string, outcome: CallOutcome): Promise<void> {
    try {
      await callBack(url, outcome, this.options.gatewayUrl());
    } catch (thrown) {
      const again = !(thrown instanceof CallbackRefused) || thrown.again;
      const reason = thrown instanceof CallbackRefused ? thrown.message : 'the callback failed';
      throw again ? new Error(reason) : new UnrecoverableError(reason);
    }
  }
}

function outcomeOf({ bodyBase64, ...outcome }: QueuedCallback): CallOutcome {
  return { ...outcome, body: Buffer.from(bodyBase64, 'base64') };
}
