/**
 * Calls the functions for queued work: a BullMQ worker for each operation with a queue policy,
 * the schedules of the table of jobs, and what the annotations of deployed functions ask for. Several
 * connectors may run; Redis decides which processes what.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { closeWorker } from '#gateway/queue/close-worker.ts';
import type { Bearer } from '#shared/clients/bearer.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { operations } from '#shared/contract/catalogue.ts';
import type { Operation } from '#shared/contract/row.ts';
import { outcomeUnknown } from '#shared/contract/unknown-outcome.ts';
import { allLocal, isLocal, type Placement } from '#shared/placement/placement.ts';
import {
  connectQueueRedis,
  connectRedis,
  queuePrefixAt,
  QUEUE_RETRY_MS,
  requireSafeRedis,
} from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { beat, endPulse } from '#shared/redis/pulses.ts';
import { recordFileIn, recordsAt } from '#shared/redis/outside-records.ts';
import type { Log } from '#shared/process/log.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { TlsFiles } from '#shared/process/tls-settings.ts';
import { reportBoard } from '#shared/runtime/board-figures.ts';
import { claimServices, type HeldClaim } from '#shared/runtime/idempotency/board-claims.ts';
import { RunNews } from '#shared/runtime/runs/run-news.ts';
import { runOf, Runs, type RunData } from '#shared/runtime/runs/runs.ts';
import {
  processJob,
  RunEnded,
  RunFailed,
  type AbandonReason,
  type JobProcessor,
} from './job-processor.ts';
import { Annotations } from './annotations.ts';
import type { GatewayCredentials } from './read-deployments.ts';
import { openSchedules, restoreSchedules, type OwnSchedules } from './schedules.ts';
import { watchState } from './state-watch.ts';

export interface ConnectorOptions {
  readonly redisUrl: string;
  readonly keyPrefix: string;
  /** Base address of the gateway. */
  readonly gatewayUrl: string;
  /** The trade token. */
  readonly token: Bearer;
  /** Calls the functions of runs where they are in this process; absent: the gateway is called. */
  readonly transport?: Transport | undefined;
  /** With which the gateway is asked what is deployed; absent: annotations are not read. */
  readonly credentials?: (() => GatewayCredentials) | undefined;
  /** How often it is asked. */
  readonly intervalMs?: number | undefined;
  readonly log: Log;
  /** The services of this board; queues of other services belong to other boards. All by default. */
  readonly placement?: Placement | undefined;
  /** Names the file of the placement in complaints. */
  readonly servicesFile?: string | undefined;
  /** Shared with a host that has one open; without it the connector opens its own. */
  readonly database?: Database | undefined;
  /** In place of those of the table of jobs, by the job's name. */
  readonly schedules?: OwnSchedules | undefined;
  /** For its own: whether a Redis that may lose writes is accepted. */
  readonly durability?: Settings['redisDurability'] | undefined;
  /** For its own: the folder where the epoch of the state is on record; none without it. */
  readonly dataDir?: string | undefined;
  /** For its own: the certificate that is reported for its board. */
  readonly tls?: TlsFiles | undefined;
}

const LOCK_MS = 15_000;
const STALLED_POLL_MS = 5_000;
/** A crash of the connector does not count as a failed attempt; ten crashes in one run do. */
const CRASHES_MAX = 10;
/** Time that running calls get to end by themselves when the connector stops. */
const SHUTDOWN_GRACE_MS = 3_000;
/** For those that were cancelled then. */
const PUT_BACK_MS = 1_000;
const INTERVAL_MS = 10_000;
const REDIS_POLL_MS = 1_000;
const NEVER = new AbortController().signal;

export async function openConnector(
  options: ConnectorOptions,
): Promise<{ close(): Promise<void> }> {
  const { redisUrl, keyPrefix, log } = options;
  const own = options.database ? undefined : await openOwn(options);
  const claim = own && (await claimOwn(own, options));
  const stopReporting = own && (await reportOwn(own, options));
  const database = options.database ?? (own as Database);
  const prefix = queuePrefixAt(redisUrl, keyPrefix);
  const runs = new Runs(database, () => connectQueueRedis(redisUrl, prefix), prefix);
  const connection = connectQueueRedis(redisUrl, prefix);
  const transport = options.transport ?? httpTransport(options.gatewayUrl, options.token);
  const jobProcessor: JobProcessor = { runs, queues: connection, transport, log };
  const placement = options.placement ?? allLocal;
  const queued = operations.filter(
    ({ queue, service }) => queue !== null && isLocal(placement, service),
  );
  if (isLocal(placement, 'gateway')) await openSchedules(runs, options.schedules);
  const pulse = async (): Promise<void> => {
    await beat(database, 'connector');
    if (placement !== allLocal) await beat(database, `connector:${placement.device}`);
  };
  await pulse();
  await Promise.all(queued.map((operation) => limitTogether(runs, operation)));
  const workers = queued.map((operation) =>
    openWorker(jobProcessor, operation, connection, prefix),
  );
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  const disconnects = queued.map(({ topic }) => RunNews.connected(topic));
  const stopRestoring = repeat(options, async () => {
    if (own) await watchState(own, log);
    if (isLocal(placement, 'gateway')) await restoreSchedules(runs, options.schedules);
    await Promise.all(queued.map((operation) => limitTogether(runs, operation)));
    await pulse();
  });
  const annotations = annotationsOf(options, prefix, placement);
  await annotations?.open();
  return {
    close: async () => {
      stopRestoring();
      stopReporting?.();
      for (const disconnect of disconnects) disconnect();
      // One that is stopped in order is not missed on its board; the last one of all is.
      const left = endPulse(database, `connector:${placement.device}`).catch(() => undefined);
      await Promise.all([
        left,
        claim?.release(),
        ...workers.map((worker) => endWorker(worker, connection)),
        annotations?.close(),
      ]);
      await runs.close();
      connection.disconnect();
      own?.redis.disconnect();
    },
  };
}

/** @throws Failure REFUSED where Redis is not safe to keep state in, or its user lacks a right */
async function openOwn(options: ConnectorOptions): Promise<Database> {
  const { redisUrl, keyPrefix, dataDir, log } = options;
  const redis = connectRedis(redisUrl, keyPrefix);
  try {
    await untilAnswers(redis, options);
    const file = dataDir === undefined ? undefined : recordFileIn(dataDir);
    const database = new Database(redis, recordsAt({ file, keyPrefix }));
    await watchState(database, log);
    return database;
  } catch (thrown) {
    redis.disconnect();
    throw thrown;
  }
}

/**
 * Beside a gateway of faasd, the connector is the process that speaks for its board.
 * @throws Failure INVALID_REQUEST naming each service that two boards have, or none
 */
async function claimOwn(
  database: Database,
  { placement = allLocal, servicesFile = 'SERVICES_FILE' }: ConnectorOptions,
): Promise<HeldClaim | undefined> {
  if (placement === allLocal) return undefined;
  try {
    return await claimServices(database, placement, servicesFile);
  } catch (thrown) {
    database.redis.disconnect();
    throw thrown;
  }
}

/** Where there are several boards. @returns its end */
function reportOwn(
  database: Database,
  { placement = allLocal, dataDir, tls }: ConnectorOptions,
): Promise<() => void> | undefined {
  if (placement === allLocal) return undefined;
  return reportBoard(database, placement.device, 'connector', { dataDir, tls });
}

/** Redis may start after the connector. @throws Failure REFUSED for one that is not safe */
async function untilAnswers(redis: Redis, { durability, log }: ConnectorOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requireSafeRedis(redis, durability);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.code !== 'UNAVAILABLE') throw failure;
      if (attempt === 1) log.warn('redis-awaited', { detail: failure.message });
      await sleep(REDIS_POLL_MS);
    }
  }
}

/** What a Redis that was emptied has lost is brought back at the next interval. @returns its end */
function repeat(
  { intervalMs = INTERVAL_MS, log }: ConnectorOptions,
  work: () => Promise<void>,
): () => void {
  let working = false;
  const timer = setInterval(() => {
    // While Redis is unreachable, only one check waits for it.
    if (working) return;
    working = true;
    void work()
      .catch((cause: unknown) => log.warn('schedules-not-restored', { cause }))
      .finally(() => (working = false));
  }, intervalMs);
  return () => clearInterval(timer);
}

function annotationsOf(
  options: ConnectorOptions,
  prefix: string,
  placement: Placement,
): Annotations | undefined {
  const { redisUrl, gatewayUrl, token, log, credentials, intervalMs = INTERVAL_MS } = options;
  const device = placement === allLocal ? undefined : placement.device;
  const shared = { redisUrl, prefix, device, gatewayUrl, token, log, intervalMs };
  return credentials && new Annotations({ ...shared, credentials });
}

/** The policy's limit holds for all connectors together, not for each. */
async function limitTogether(runs: Runs, { topic, queue }: Operation): Promise<void> {
  if (queue) await (await runs.queueOf(topic)).setGlobalConcurrency(queue.concurrency);
}

function openWorker(
  jobProcessor: JobProcessor,
  operation: Operation,
  connection: Redis,
  prefix: string,
): Worker<RunData> {
  const worker = new Worker<RunData>(
    operation.topic,
    // BullMQ gives a signal only to a function that names three parameters.
    (job, token, signal) => processJob(jobProcessor, operation, job, token ?? '', signal ?? NEVER),
    {
      connection,
      prefix,
      concurrency: operation.queue?.concurrency ?? 1,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_POLL_MS,
      maxStalledCount: CRASHES_MAX,
      runRetryDelay: QUEUE_RETRY_MS,
    },
  );
  const { log } = jobProcessor;
  worker.on('error', (error) => log.warn('queue-error', { topic: operation.topic, error }));
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lock-lost' satisfies AbandonReason);
  });
  worker.on('failed', (job, error) => {
    // A run with an outcome may have begun again by now, and must not get that of before.
    if (job && !(error instanceof RunEnded))
      void settle(jobProcessor, operation, job, error).catch((cause) =>
        log.error('run-lost', { cause }),
      );
  });
  return worker;
}

/** A job that failed for good has an outcome, also where it was never processed. */
async function settle(
  { runs }: JobProcessor,
  operation: Operation,
  job: Job<RunData>,
  error: Error,
): Promise<void> {
  if (!(await job.isFailed())) return;
  const failure = error instanceof RunFailed ? error.failure : givenUp(operation, job, error);
  await runs.finish(runOf(job), { kind: 'failed', failure: failure.toJSON() });
}

/** Its connectors crashed too often; the progress of the last attempt is unknown. */
function givenUp({ effect }: Operation, job: Job<RunData>, { message }: Error): Failure {
  const text = `The run was given up: ${message}.`;
  return effect === 'reads'
    ? new Failure('UNAVAILABLE', text)
    : outcomeUnknown(text, { run: runOf(job) });
}

/** Takes no more jobs, waits a little for those that run, and puts the others back. */
async function endWorker(worker: Worker, connection: Redis): Promise<void> {
  const timer = setTimeout(
    () => worker.cancelAllJobs('shutdown' satisfies AbandonReason),
    SHUTDOWN_GRACE_MS,
  );
  await closeWorker(worker, connection, SHUTDOWN_GRACE_MS + PUT_BACK_MS);
  clearTimeout(timer);
}
