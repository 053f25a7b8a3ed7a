/**
 * Calls of the connector to functions: for a message of a topic or a time of a schedule. Each stays
 * in its function's queue until the function accepted it, and is retried by the function's policy.
 */
import { UnrecoverableError, type Job } from 'bullmq';
import { callPolicy, type CallPolicy } from '#gateway/queue/call-policy.ts';
import { FunctionQueues } from '#gateway/queue/function-queues.ts';
import { waitForPlace } from '#gateway/queue/wait-for-capacity.ts';
import { bearerText, type Bearer } from '#shared/clients/bearer.ts';
import { headerText } from '#shared/clients/header-text.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import type { Log } from '#shared/process/log.ts';
import { processSpan } from '#shared/process/tracing/messaging-spans.ts';
import { inSpan, type SpanOptions } from '#shared/process/tracing/tracing.ts';
import { traceFacts } from '#shared/runtime/traceparent.ts';
import { durationMs } from '#template/limits/durations.ts';
import { inCallOf } from './in-call-of.ts';
import type { Deployed } from './read-deployments.ts';
import { post } from './post.ts';
import { isAsync } from './subscriptions.ts';

export interface FunctionCall {
  readonly functionName: string;
  readonly path: string;
  readonly topic: string;
  readonly bodyBase64: string;
  readonly contentType?: string | undefined;
  /** For a scheduled call: the schedule as written, and whether a missed call is made up for. */
  readonly schedule?: string | undefined;
  readonly catchUp?: boolean | undefined;
  /** W3C traceparent of the span that published the message. */
  readonly traceparent?: string | undefined;
}

export interface CallerOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly name: string;
  readonly gatewayUrl: string;
  /** Sent to our own operations only. */
  readonly token: Bearer;
  readonly log: Log;
  /** As the gateway lists it now. */
  readonly deployed: (functionName: string) => Deployed | undefined;
}

const CONNECTOR = 'arduino-trader';
const EXEC_TIMEOUT_MS_DEFAULT = 60_000;
/** Beyond the function's own time; only a gateway that hangs gets this far. */
const GRACE_MS = 30_000;
/** A scheduled call later than this counts as missed. */
const LATE_MS_MAX = 60_000;
const DEAD_SECONDS = 7 * 86_400;
const DEAD_COUNT = 100;
const KEEP_COUNT = 100;
const WAITING_MAX = 1_000;

export class FunctionCalls {
  readonly functionQueues: FunctionQueues<FunctionCall>;
  private readonly options: CallerOptions;

  constructor(options: CallerOptions) {
    const { redisUrl, prefix, name, log } = options;
    this.options = options;
    this.functionQueues = new FunctionQueues<FunctionCall>({
      redisUrl,
      prefix,
      name,
      concurrencyOf: (queueName) => this.policyOf(queueName, '/').concurrency,
      work: (job, token, signal) => this.execute(job, token, signal),
      failed: (queueName, job, error) => {
        const { topic } = job.data;
        log.warn('connector-call-dead', {
          function: queueName,
          topic,
          id: job.id,
          reason: error.message,
        });
        return Promise.resolve();
      },
    });
  }

  /** @param id a call that is added again under its id is the same call */
  async add(id: string, call: FunctionCall): Promise<void> {
    const options = { ...this.jobOptions(call), jobId: id };
    await this.functionQueues.add(call.functionName, 'message', call, options);
  }

  /** Whether a function has too many waiting calls for its messages to be taken from their queue. */
  async isFull(functionName: string): Promise<boolean> {
    return (await this.functionQueues.queueOf(functionName).count()) >= WAITING_MAX;
  }

  jobOptions({ functionName, path }: FunctionCall) {
    const { attempts, backoffMs } = this.policyOf(functionName, path);
    return {
      attempts,
      backoff: { type: 'exponential', delay: backoffMs },
      removeOnComplete: { count: KEEP_COUNT },
      removeOnFail: { age: DEAD_SECONDS, count: DEAD_COUNT },
    };
  }

  private execute(job: Job<FunctionCall>, token: string, signal: AbortSignal): Promise<void> {
    return inSpan(
      `process ${job.data.topic}`,
      () => spanOf(job),
      (span) => this.executeWithin(job, token, signal, span?.traceparent),
      job.data.traceparent,
    );
  }

  private async executeWithin(
    job: Job<FunctionCall>,
    token: string,
    signal: AbortSignal,
    traceparent = job.data.traceparent,
  ) {
    const call = job.data;
    const skipped = await this.whySkipped(job);
    const facts = { function: call.functionName, topic: call.topic, schedule: call.schedule };
    const log = this.options.log.with({ ...facts, ...traceFacts({ traceparent }) });
    if (skipped !== undefined) return log.info('schedule-call-skipped', { reason: skipped });
    const policy = this.policyOf(call.functionName, call.path);
    const { status, internal } = await this.call(job, signal, traceparent);
    signal.throwIfAborted();
    if (status === 429 && internal === 'faas-middleware')
      await waitForPlace(job, token, policy.backoffMs);
    log.info('connector-call-ended', { callId: callIdOf(job), status });
    if (status < 400) return job.updateData({ ...call, bodyBase64: '' });
    const again = policy.retried.includes(status);
    throw again ? new Error(`answered ${status}`) : new UnrecoverableError(`answered ${status}`);
  }

  /** A scheduled call that was missed, or that would overlap the previous one. */
  private async whySkipped(job: Job<FunctionCall>): Promise<string | undefined> {
    const { schedule, catchUp, functionName } = job.data;
    if (schedule === undefined) return undefined;
    const plannedAt = Number(job.id?.split(':').at(-1));
    const isFirst = job.attemptsMade === 0 && job.attemptsStarted <= 1;
    if (isFirst && catchUp !== true && Date.now() - plannedAt > LATE_MS_MAX)
      return 'its time has passed';
    const active = await this.functionQueues.queueOf(functionName).getActive();
    const other = active.find(
      ({ id, repeatJobKey }) => id !== job.id && repeatJobKey === job.repeatJobKey,
    );
    return other && 'the turn before it still runs';
  }

  private async call(job: Job<FunctionCall>, signal: AbortSignal, traceparent?: string) {
    const { functionName, path, bodyBase64 } = job.data;
    const { gatewayUrl, deployed } = this.options;
    const found = deployed(functionName);
    const route = found && isAsync(found) ? 'async-function' : 'function';
    const url = new URL(`/${route}/${functionName}${path === '/' ? '' : path}`, gatewayUrl);
    const limit = AbortSignal.timeout(timeoutMsOf(job.data, found) + GRACE_MS);
    const body = Buffer.from(bodyBase64, 'base64');
    const headers = this.headersOf(job);
    return inCallOf(functionName, traceparent, (sent) =>
      post(url, { ...headers, ...sent }, body, AbortSignal.any([signal, limit])),
    ).catch((cause: unknown) => {
      signal.throwIfAborted();
      const isLate = limit.aborted;
      const facts = { function: functionName, ...traceFacts({ traceparent }) };
      this.options.log.warn('connector-call-failed', { ...facts, cause });
      throw new Error(isLate ? 'no answer in time' : 'the gateway does not answer');
    });
  }

  private headersOf(job: Job<FunctionCall>): Record<string, string> {
    const { functionName, path, topic, contentType, schedule } = job.data;
    const by = schedule === undefined ? `topic ${topic}` : `schedule ${schedule}`;
    const callId = callIdOf(job);
    const isOurs = operationAt(functionName, path) !== undefined;
    return {
      'x-topic': topic,
      'x-connector': CONNECTOR,
      'x-call-id': callId,
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(isOurs && {
        authorization: `Bearer ${bearerText(this.options.token)}`,
        'idempotency-key': callId,
        'x-caller': 'connector',
        'x-actor': headerText(`connector ${by}`),
      }),
    };
  }

  private policyOf(functionName: string, path: string): CallPolicy {
    const { annotations } = this.options.deployed(functionName) ?? {};
    const { policy } = callPolicy(functionName, path, annotations);
    return policy;
  }
}

function spanOf({ data, id }: Job<FunctionCall>): SpanOptions {
  const { topic, functionName, traceparent } = data;
  return processSpan(topic, id, [traceparent], { 'faas.invoked_name': functionName });
}

/** The same for each attempt, so that a retry is recognised. */
function callIdOf({ id = '' }: Job<FunctionCall>): string {
  return id.replaceAll(/[^\w.-]/g, '-').slice(0, 128);
}

function timeoutMsOf({ functionName, path }: FunctionCall, found: Deployed | undefined): number {
  const operation = operationAt(functionName, path)?.operation;
  const own = durationMs(found?.envVars['exec_timeout'] ?? '') || EXEC_TIMEOUT_MS_DEFAULT;
  return Math.max(own, operation?.timeoutMs ?? 0);
}
