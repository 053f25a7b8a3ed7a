import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gateway } from '#shared/contract/gateway.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import { JobStore } from '#shared/gateway/job-store.ts';
import { until } from '../support/until.ts';
import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

const LOST_AGAIN_MS = 100;

export function faultsOfWork(system: NightSystem): InventedFault[] {
  return [...faultsOfJobs(system), ...faultsOfQueues(system)];
}

function faultsOfJobs({ call, stored, near }: NightSystem): InventedFault[] {
  const client = stored.database.redis;
  const store = new JobStore(stored.database);
  /** Until a run of a job has ended. */
  const job = async (jobName: string): Promise<void> => {
    const before = (await store.find(jobName))?.lastEndedAt;
    await (await call('gateway-trigger-job', { jobName, force: true })).text();
    await until(async () => (await store.find(jobName))?.lastEndedAt !== before, 200);
  };
  const backups = join(near.dataDir, 'backups');
  const ledger = keys.portfolio.ledger('default' as AccountId);
  let line = '';
  /** A run of a job, with its end. @param message why it failed */
  const ran = async (name: string, message = ''): Promise<void> => {
    await store.started(name, 'night-run', stored.now());
    await store.ended(name, { ok: message === '', message }, stored.now());
  };
  const synced = () => ran('sync-positions');
  return [
    {
      name: 'the backup fails',
      ...{ alert: 'TraderBackupFailed', labels: { job_name: 'backup' }, notice: 'backup-failed' },
      make: async () => {
        await rm(backups, { recursive: true, force: true });
        await writeFile(backups, 'no folder');
        await job('backup');
      },
      mend: async () => {
        await rm(backups);
        await job('backup');
      },
    },
    {
      name: 'a job fails',
      ...{
        alert: 'TraderJobFailed',
        labels: { job_name: 'sync-fundamentals' },
        notice: 'job-failed',
      },
      make: () => ran('sync-fundamentals', 'No answer.'),
      mend: () => ran('sync-fundamentals'),
    },
    {
      name: 'the book differs',
      ...{ alert: 'TraderBookDiffers', labels: {}, notice: 'book-differs' },
      make: async () => {
        line = (await client.lindex(ledger, -1)) ?? '';
        await client.lset(ledger, -1, line.replace(/"amount":"/, '"amount":"9'));
        await synced();
      },
      mend: async () => {
        await client.lset(ledger, -1, line);
        await synced();
      },
    },
    {
      name: 'the book is not compared',
      ...{ alert: 'TraderBookNotReconciled', labels: { job_name: 'sync-positions' }, waits: true },
      make: () => ran('sync-positions', 'Empty.'),
      mend: synced,
    },
    {
      name: 'somebody halts trading',
      ...{ alert: 'TraderHalted', labels: { state: 'HALTED' }, notice: 'trading-state' },
      make: async () =>
        (await call('trading-set-trading-state', { state: 'HALTED', reason: 'a night' })).text(),
      mend: async () => (await call('trading-set-trading-state', { state: 'ACTIVE' })).text(),
    },
  ];
}

/** A connector restores it, and it is lost again. */
function lostSchedule({ runs }: NightSystem['stored']): InventedFault {
  let losing: NodeJS.Timeout | undefined;
  return {
    name: 'a schedule is lost again and again',
    ...{ alert: 'TraderScheduleMissing', labels: { job_name: 'backup' } },
    notice: 'schedule-missing',
    make: async () => {
      const queue = await runs.queueOf(gateway.triggerJob.topic);
      await queue.removeJobScheduler('backup');
      losing = setInterval(() => void queue.removeJobScheduler('backup'), LOST_AGAIN_MS);
    },
    mend: () => Promise.resolve(clearInterval(losing)),
  };
}

function faultsOfQueues({ stored, near }: NightSystem): InventedFault[] {
  const client = stored.database.redis;
  const called = 'gateway-list-jobs';
  const calls = `async-near.${called}`;
  const waiting = 'night-run';
  const queueOf = () => stored.runs.queueOf(gateway.runReplay.topic);
  return [
    {
      name: 'a queue is stuck',
      ...{ alert: 'TraderQueueNotWorked', labels: { queue: 'gateway-run-replay' } },
      notice: 'queue-stuck',
      make: async () => {
        const queue = await queueOf();
        // Of this queue alone nobody takes anything; the connector lives.
        await queue.setGlobalConcurrency(1);
        await queue.pause();
        await queue.add('run', {} as never, {
          jobId: waiting,
          timestamp: Date.now() - MINUTE_MS,
        });
      },
      mend: async () => {
        const queue = await queueOf();
        await queue.remove(waiting);
        await queue.resume();
      },
    },
    {
      name: 'the queue of calls of a function is paused',
      ...{ alert: 'TraderQueueNotWorked', labels: { queue: calls }, notice: 'queue-stuck' },
      make: async () => {
        await client.hset(`queue:${calls}:meta`, 'paused', 1);
        const headers = { authorization: `Bearer ${near.tradeToken}` };
        const request = { method: 'POST', headers, body: '{}' };
        const { status } = await fetch(`${near.gatewayUrl}/async-function/${called}`, request);
        if (status !== 202) throw new Error(`the call was not queued: ${status}`);
      },
      mend: () => client.hdel(`queue:${calls}:meta`, 'paused'),
    },
    lostSchedule(stored),
    {
      name: 'dead letters',
      ...{ alert: 'TraderDeadLetters', labels: { kind: 'async-call' }, notice: 'dead-letters' },
      make: async () => {
        await client.sadd('queue:{function-queues:async}:names', 'exits');
        await client.zadd('queue:async.exits:failed', 1, 'call-1');
      },
      mend: () => client.del('queue:async.exits:failed'),
    },
  ];
}
