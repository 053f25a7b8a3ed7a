/**
 * Polls the gateway for its deployments, and calls functions as their annotations ask: for each message of a topic,
 * at each time of a schedule. A poll that fails changes
 * nothing.
 */
import { DelayedError, Worker, type Job } from 'bullmq';
import { closeWorker, waitWithRedis } from '#gateway/queue/close-worker.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Bearer } from '#shared/clients/bearer.ts';
import { connectQueueRedis, QUEUE_RETRY_MS } from '#shared/redis/client.ts';
import type { Log } from '#shared/process/log.ts';
import { comingTurns, forgetSchedule } from '#shared/runtime/runs/coming-turns.ts';
import { topicsQueue, type TopicMessage } from '#shared/runtime/topics.ts';
import { readDeployed, type Deployed, type GatewayCredentials } from './read-deployments.ts';
import { FunctionCalls, type FunctionCall } from './function-calls.ts';
import {
  CRON_TOPIC,
  endingCalendars,
  subscriptionsOf,
  type ScheduledFunction,
  type Subscriptions,
} from './subscriptions.ts';

export interface AnnotationOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** Set where boards share a Redis. */
  readonly device?: string | undefined;
  readonly gatewayUrl: string;
  readonly credentials: () => GatewayCredentials;
  readonly token: Bearer;
  readonly intervalMs: number;
  readonly log: Log;
}

const STOP_MS = 3_000;
const MESSAGES_AT_ONCE = 8;
const FULL_PAUSE_MS = 1_000;
const none: Subscriptions = { topics: new Map(), schedules: [], ignored: [] };

export class Annotations {
  private readonly options: AnnotationOptions;
  private readonly calls: FunctionCalls;
  private readonly connection;
  private readonly worker: Worker<TopicMessage>;
  private deployed: ReadonlyMap<string, Deployed> = new Map();
  private subscriptions = none;
  /** What is scheduled, by queue and key, as it was given to the scheduler. */
  private readonly scheduled = new Map<string, string>();
  private readonly reported = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> = Promise.resolve();
  /** Why the last poll failed; reported once. */
  private lastProblem = '';
  private isOpen = false;
  private closed = false;

  constructor(options: AnnotationOptions) {
    this.options = options;
    const { redisUrl, prefix, device, gatewayUrl, token, log } = options;
    const name = device === undefined ? 'calls' : `calls-${device}`;
    const deployed = (functionName: string) => this.deployed.get(functionName);
    const caller = { redisUrl, prefix, name, gatewayUrl, token, log, deployed };
    this.calls = new FunctionCalls(caller);
    this.connection = connectQueueRedis(redisUrl, prefix);
    this.worker = new Worker<TopicMessage>(
      topicsQueue(device),
      (job, token) => this.forwardMessage(job, token ?? ''),
      {
        connection: this.connection,
        prefix,
        concurrency: MESSAGES_AT_ONCE,
        autorun: false,
        runRetryDelay: QUEUE_RETRY_MS,
      },
    );
    this.worker.on('error', () => undefined);
  }

  /** Polls for the first time; an unreachable gateway is polled again. */
  async open(): Promise<void> {
    await this.poll();
    this.again();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await waitWithRedis(this.polling, this.connection, STOP_MS);
    await closeWorker(this.worker, this.connection, STOP_MS);
    await this.calls.functionQueues.close(STOP_MS);
    this.connection.disconnect();
  }

  private again(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.polling = this.poll().finally(() => this.again());
    }, this.options.intervalMs);
  }

  private async poll(): Promise<void> {
    const { gatewayUrl, credentials, log } = this.options;
    try {
      const list = await readDeployed(gatewayUrl, credentials());
      this.deployed = new Map(list.map((one) => [one.name, one]));
      this.subscriptions = subscriptionsOf(list);
      this.reportIgnored();
      await this.schedule(this.subscriptions.schedules);
      if (!this.isOpen) await this.begin();
      this.lastProblem = '';
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.message !== this.lastProblem)
        log.warn('functions-query-failed', {
          detail: failure.message,
          ...(failure !== thrown && { cause: thrown }),
        });
      this.lastProblem = failure.message;
    }
  }

  /** Messages and calls wait until the subscribers are known. */
  private async begin(): Promise<void> {
    this.isOpen = true;
    await this.calls.functionQueues.open();
    void this.worker.run().catch(() => undefined);
  }

  /** A message becomes one call for each subscriber, each with attempts of its own. */
  private async forwardMessage(job: Job<TopicMessage>, token: string): Promise<void> {
    const { name: topic, data } = job;
    const subscribers = this.subscriptions.topics.get(topic) ?? [];
    const areFull = subscribers.map(({ functionName }) => this.calls.isFull(functionName));
    if ((await Promise.all(areFull)).includes(true)) {
      await job.moveToDelayed(Date.now() + FULL_PAUSE_MS, token);
      throw new DelayedError();
    }
    if (subscribers.length === 0) this.options.log.warn('topic-without-function', { topic });
    for (const { functionName, path } of subscribers) {
      await this.calls.add(`message-${job.id ?? ''}`, { functionName, path, topic, ...data });
    }
  }

  private async schedule(requested: readonly ScheduledFunction[]): Promise<void> {
    const keyed = new Map(requested.map((one) => [queueKey(one), one]));
    if (!this.isOpen) await this.takeOver();
    else await this.forgetLost();
    for (const [id, fingerprint] of this.scheduled) {
      const one = keyed.get(id);
      if (one && fingerprintOf(one) === fingerprint) continue;
      const [queueName = '', key = ''] = id.split(' ');
      await this.calls.functionQueues.queueOf(queueName).removeJobScheduler(key);
      this.scheduled.delete(id);
      if (!one) this.options.log.info('schedule-removed', { function: queueName });
    }
    for (const [id, one] of keyed) {
      if (this.scheduled.has(id)) continue;
      // One that cannot be scheduled, because its call runs at this moment, is tried at the next poll.
      await this.load(id, one).catch((cause: unknown) =>
        this.options.log.warn('schedule-load-failed', { function: one.functionName, cause }),
      );
    }
  }

  /** Reads what an earlier connector scheduled, so that obsolete schedules are removed. */
  private async takeOver(): Promise<void> {
    for (const queueName of await this.calls.functionQueues.names())
      for (const { key, template } of await this.calls.functionQueues
        .queueOf(queueName)
        .getJobSchedulers()) {
        const catchUp = (template?.data as FunctionCall | undefined)?.catchUp === true;
        // Rescheduling drops a missed call; one to be caught up is kept.
        this.scheduled.set(`${queueName} ${key}`, catchUp ? `${key} true` : '');
      }
  }

  /** What is not in Redis any more, because it was emptied or lost the next turn, is to be loaded again. */
  private async forgetLost(): Promise<void> {
    for (const id of [...this.scheduled.keys()]) {
      const [queueName = '', key = ''] = id.split(' ');
      const queue = this.calls.functionQueues.queueOf(queueName);
      if ((await comingTurns(queue)).has(key)) continue;
      await forgetSchedule(queue, key);
      this.scheduled.delete(id);
      this.calls.functionQueues.forget(queueName);
    }
  }

  private async load(id: string, one: ScheduledFunction): Promise<void> {
    const { functionName, schedule, catchUp } = one;
    const call: FunctionCall = {
      functionName,
      path: '/',
      topic: CRON_TOPIC,
      bodyBase64: '',
      schedule: schedule.text,
      catchUp,
    };
    const { functionQueues } = this.calls;
    await functionQueues.note(functionName);
    const job = await functionQueues
      .queueOf(functionName)
      .upsertJobScheduler(keyOf(one), schedule.turns, {
        name: 'turn',
        data: call,
        opts: this.calls.jobOptions(call),
      });
    functionQueues.work(functionName);
    this.scheduled.set(id, fingerprintOf(one));
    const next = job && new Date(job.timestamp + (job.opts.delay ?? 0)).toISOString();
    this.options.log.info('schedule-loaded', {
      function: functionName,
      schedule: schedule.text,
      next,
    });
    this.reportCalendarEnd(one);
  }

  /** Logged when a schedule is loaded: the standing knows the schedules of the jobs, not those of functions. */
  private reportCalendarEnd(one: ScheduledFunction): void {
    for (const { exchange, knownTo, to } of endingCalendars(one, dayOf(instantOf(Date.now()))))
      this.options.log.warn('schedule-calendar-ends', {
        ...{ function: one.functionName, schedule: one.schedule.text, exchange, knownTo, to },
      });
  }

  /** Reported once each: an invalid annotation is not logged at every poll. */
  private reportIgnored(): void {
    for (const { functionName, schedule, reason } of this.subscriptions.ignored) {
      const text = `${functionName} ${schedule} ${reason}`;
      if (this.reported.has(text)) continue;
      this.reported.add(text);
      this.options.log.warn('schedule-ignored', { function: functionName, schedule, reason });
    }
  }
}

function queueKey(one: ScheduledFunction): string {
  return `${one.functionName} ${keyOf(one)}`;
}

function keyOf({ schedule }: ScheduledFunction): string {
  return `schedule-${shortHash(schedule.text)}`;
}

function fingerprintOf(one: ScheduledFunction): string {
  return `${keyOf(one)} ${one.catchUp}`;
}
