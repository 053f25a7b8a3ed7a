/**
 * Asynchronous calls. They stay in Redis until a function accepted them, so they survive a restart; a call
 * whose host died is run again, with its call id as idempotency key so that nothing is done twice.
 * Answers listed in the function's policy are retried with back-off; calls that still fail then
 * are kept as dead letters. The time limit of a call is
 * that of its function.
 */
import { UnrecoverableError } from 'bullmq';
import { callPolicy, type CallPolicy } from '#gateway/queue/call-policy.ts';
import { FunctionQueues } from '#gateway/queue/function-queues.ts';
import { waitForPlace } from '#gateway/queue/wait-for-capacity.ts';
import { operationAt, packedPath } from '#shared/contract/catalogue.ts';
import { tokenFor, type ReadAccess } from '#shared/runtime/access.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import type { Log } from '#shared/process/log.ts';
import { traceFacts } from '#shared/runtime/traceparent.ts';
import { isChunks, type FunctionEvent, type FunctionResult } from '#template/function.ts';
import { jobIdOf, queueFor, withoutContent } from './async-call.ts';
import type { CallEnd, CallJob, QueuedCall } from './async-call.ts';
import { Callbacks } from './async-callbacks.ts';
import { AsyncLedger, keyOf } from './async-ledger.ts';
import { inProcess, inSend } from './async-spans.ts';
import type { CallOutcome } from './callback.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { drained, wholeOf } from '../http/chunks.ts';
import { bareName } from '../http/platform-errors.ts';

const QUEUE = 'async';
const KEEP_SECONDS = 86_400;
const KEEP_COUNT = 200;
const DEAD_SECONDS = 7 * 86_400;
/** Of an answer sent to a callback: it is held in memory, with those of other calls. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
const DEAD_BYTES_MAX = 16 * 1024 * 1024;

export interface AsyncQueueOptions {
  readonly redisUrl: string;
  /** Of this board: boards that share a Redis do not take each other's calls. */
  readonly name?: string | undefined;
  /** As the other queues of this installation have it. */
  readonly prefix: string;
  /** What our operations are called with in the caller's place; null where none is demanded. */
  readonly tokens: Tokens | null;
  readonly readAccess?: ReadAccess | undefined;
  /** Where `http://gateway:8080` of a callback leads. */
  readonly gatewayUrl: () => string;
  readonly log: Log;
  readonly waitingBytesMax?: number | undefined;
  readonly deadBytesMax?: number | undefined;
}

export type Added = 'added' | 'known' | 'another-call' | 'full';

export class AsyncQueue {
  readonly callbacks: Callbacks;
  readonly functionQueues: FunctionQueues<QueuedCall>;
  readonly ledger: AsyncLedger;
  private readonly host: FunctionHost;
  private readonly options: AsyncQueueOptions;
  /** Complaints that were logged. */
  private readonly reported = new Set<string>();

  constructor(host: FunctionHost, options: AsyncQueueOptions) {
    this.host = host;
    this.options = options;
    const { redisUrl, prefix, name = QUEUE, gatewayUrl, log } = options;
    const { waitingBytesMax = WAITING_BYTES_MAX, deadBytesMax = DEAD_BYTES_MAX } = options;
    this.ledger = new AsyncLedger({ waitingBytesMax, deadBytesMax });
    const moveToDeadLetters = (key: string, bytes: number): Promise<void> =>
      this.moveToDeadLetters(key, bytes);
    const { ledger } = this;
    const callbacks = {
      redisUrl,
      prefix,
      name: `${name}-callbacks`,
      gatewayUrl,
      log,
      ledger,
      moveToDeadLetters,
    };
    this.callbacks = new Callbacks(callbacks);
    this.functionQueues = new FunctionQueues<QueuedCall>({
      redisUrl,
      prefix,
      name,
      concurrencyOf: (queueName) => this.concurrencyOf(queueName),
      work: (job, token, signal) => this.execute(job, token, signal),
      failed: (queueName, job, error) => this.died(queueName, job, error),
    });
  }

  /** Resumes the remaining calls, once the functions are available. */
  async open(): Promise<void> {
    await this.ledger.count('call', this.functionQueues);
    await this.ledger.count('callback', this.callbacks.functionQueues);
    await Promise.all([this.functionQueues.open(), this.callbacks.functionQueues.open()]);
  }

  /** A call repeated under its id is the same call; a dead one is run again. */
  async add(call: QueuedCall): Promise<Added> {
    const queueName = queueFor(call.functionName, call.path);
    const jobId = jobIdOf(call.callId);
    const known = await this.functionQueues.queueOf(queueName).getJob(jobId);
    if (known && known.data.digest !== call.digest) return 'another-call';
    if (known) {
      if (await known.isFailed()) await this.retry(queueName, known);
      return 'known';
    }
    const bytes = JSON.stringify(call).length;
    if (!this.ledger.hasRoom(bytes)) return 'full';
    const { attempts, backoffMs } = this.policyOf(call.functionName, call.path);
    this.ledger.waits(keyOf('call', queueName, jobId), bytes);
    await inSend(queueName, call, (sent) =>
      this.functionQueues.add(queueName, 'call', sent, {
        jobId,
        attempts,
        backoff: { type: 'exponential', delay: backoffMs },
        removeOnComplete: { age: KEEP_SECONDS, count: KEEP_COUNT },
        removeOnFail: { age: DEAD_SECONDS },
      }),
    );
    return 'added';
  }

  /** Runs a dead letter again, with all its attempts, and delivers its outcome again. */
  async retry(queueName: string, job: CallJob): Promise<void> {
    const id = job.id ?? '';
    await this.callbacks.drop(queueName, id);
    this.ledger.waits(keyOf('call', queueName, id), JSON.stringify(job.data).length);
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    this.functionQueues.work(queueName);
  }

  /** Lets running calls end, for so long; those cut off run again at the next start. */
  async close(graceMs: number): Promise<void> {
    await this.functionQueues.close(graceMs);
    await this.callbacks.functionQueues.close(Math.min(graceMs, 500));
  }

  private async execute(job: CallJob, token: string, signal: AbortSignal): Promise<CallEnd> {
    const call = job.data;
    const queueName = queueFor(call.functionName, call.path);
    // The host died between delivering the outcome and recording that.
    const reported = await this.callbacks.end(queueName, job.id ?? '');
    if (reported)
      return this.conclude(queueName, job, { status: reported.status, seconds: reported.seconds });
    const startedAt = performance.now();
    const result = await inProcess(queueName, job, (traced) => this.run(traced, signal));
    signal.throwIfAborted();
    const end = { status: result.status ?? 200, seconds: secondsSince(startedAt) };
    const policy = this.policyOf(call.functionName, call.path);
    if (isFull(result)) await waitForPlace(job, token, policy.backoffMs);
    await job.updateProgress({ ...end });
    const left = (job.opts.attempts ?? 1) - job.attemptsMade - 1;
    const again = left > 0 && policy.retried.includes(end.status);
    this.options.log.info('async-call-ended', {
      callId: call.callId,
      function: queueName,
      ...traceFacts(call.headers),
      ...end,
      ...(again && { again }),
    });
    if (again) throw new Error(`answered ${end.status}`);
    await this.schedule(queueName, job, { ...end, result });
    return this.conclude(queueName, job, end, isPlatforms(result));
  }

  /** @throws UnrecoverableError for an outcome that an operator may want to run again */
  private async conclude(queueName: string, job: CallJob, end: CallEnd, platforms = false) {
    const isDead = end.status >= 500 || end.status === 429 || (platforms && end.status === 404);
    if (isDead) throw new UnrecoverableError(`answered ${end.status}`);
    await job.updateData(withoutContent(job.data));
    this.ledger.forget(keyOf('call', queueName, job.id ?? ''));
    return end;
  }

  private async schedule(
    queueName: string,
    job: CallJob,
    ended: CallEnd & { result: FunctionResult },
  ) {
    const { callbackUrl } = job.data;
    if (callbackUrl === undefined) return;
    await this.callbacks.schedule(
      queueName,
      job.id ?? '',
      callbackUrl,
      await outcomeOf(job.data, ended),
    );
  }

  private async died(queueName: string, job: CallJob, error: Error): Promise<void> {
    const { callId, headers } = job.data;
    this.options.log.warn('async-call-dead', {
      callId,
      function: queueName,
      ...traceFacts(headers),
      reason: error.message,
    });
    // Its host crashed too often: the callback reports that there is no outcome.
    if (/stalled/.test(error.message))
      await this.schedule(queueName, job, { status: 503, seconds: 0, result: { status: 503 } });
    await this.moveToDeadLetters(
      keyOf('call', queueName, job.id ?? ''),
      JSON.stringify(job.data).length,
    );
  }

  /** Records a dead letter; the oldest are dropped where there are too many. */
  private async moveToDeadLetters(key: string, bytes: number): Promise<void> {
    for (const oldest of this.ledger.dies(key, bytes)) {
      const [kind, queueName = '', id = ''] = oldest.split(' ');
      this.options.log.warn('dead-letter-dropped', { kind, function: queueName });
      if (kind === 'callback') await this.callbacks.drop(queueName, id);
      else await this.functionQueues.queueOf(queueName).remove(id);
    }
  }

  private async run(call: QueuedCall, signal: AbortSignal): Promise<FunctionResult> {
    const { name, path } = this.placeOf(call);
    try {
      const event = this.eventOf(call, path);
      const result = await this.host.call(name, event, { callId: call.callId, signal });
      if (!isChunks(result.body)) return result;
      // A stream counts as answered when it has ended; without a callback its content is discarded.
      if (call.callbackUrl !== undefined)
        return { ...result, body: await wholeOf(result.body, ANSWER_BYTES_MAX) };
      await drained(result.body);
      return { ...result, body: undefined };
    } catch {
      return { status: 500, body: 'The function failed.' };
    }
  }

  /** Where the function is now: the packing may have changed since the call was queued. */
  private placeOf({ functionName, path }: Pick<QueuedCall, 'functionName' | 'path'>): {
    readonly name: string;
    readonly path: string;
  } {
    const name = bareName(functionName);
    const found = this.host.find(name) ? undefined : operationAt(name, path);
    if (!found) return { name, path };
    const { operation, path: rest } = found;
    if (this.host.find(operation.name)) return { name: operation.name, path: rest };
    const [service = '', own = ''] = packedPath(operation).split('/');
    return { name: service, path: `/${own}${rest === '/' ? '' : rest}` };
  }

  private eventOf(call: QueuedCall, path: string): FunctionEvent {
    return {
      method: 'POST',
      path,
      query: new URLSearchParams(call.query),
      headers: {
        'idempotency-key': call.callId.replaceAll(':', '-'),
        ...call.headers,
        ...this.authorization(call),
      },
      body: Buffer.from(call.bodyBase64, 'base64'),
    };
  }

  /**
   * Only our own operations receive a token: the smallest that they required when the call was queued, whatever
   * is deployed under the name by now.
   */
  private authorization({ functionName, path, effect }: QueuedCall): { authorization?: string } {
    const { tokens, readAccess = 'open' } = this.options;
    const name = bareName(functionName);
    const isOurs = operationAt(name, path) ?? this.host.find(name)?.operationAt(path);
    if (!isOurs || !effect || !tokens || (effect === 'reads' && readAccess === 'open')) return {};
    return { authorization: `Bearer ${tokenFor(effect, tokens)}` };
  }

  private policyOf(functionName: string, path: string): CallPolicy {
    const { name } = this.placeOf({ functionName, path });
    const { annotations } = this.host.find(name)?.spec ?? {};
    const { policy, complaints } = callPolicy(bareName(functionName), path, annotations);
    for (const annotation of complaints) {
      if (this.reported.has(`${name} ${annotation}`)) continue;
      this.reported.add(`${name} ${annotation}`);
      this.options.log.warn('async-annotation-ignored', { function: name, annotation });
    }
    return policy;
  }

  /** Never more than the function accepts: a call it would refuse is not made. */
  private concurrencyOf(queueName: string): number {
    const { concurrency } = this.policyOf(queueName, '/');
    const { name } = this.placeOf({ functionName: queueName, path: '/' });
    return Math.min(concurrency, this.host.find(name)?.inflightMax ?? concurrency);
  }
}

/** The platform's answer that the function is at its concurrency limit. */
function isFull({ status, headers }: FunctionResult): boolean {
  return status === 429 && headers?.['x-openfaas-internal'] === 'faas-middleware';
}

function isPlatforms({ headers }: FunctionResult): boolean {
  return headers?.['x-openfaas-internal'] !== undefined;
}

async function outcomeOf(
  { callId, functionName }: QueuedCall,
  { status, seconds, result }: CallEnd & { readonly result: FunctionResult },
): Promise<CallOutcome> {
  const { headers = {}, body } = result;
  const isPlain = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const type = isPlain ? 'text/plain; charset=utf-8' : 'application/json';
  const typed = { ...(body !== undefined && { 'content-type': type }), ...headers };
  return { callId, functionName, status, seconds, headers: typed, body: await wholeOf(body) };
}

function secondsSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt) / 1000;
}
