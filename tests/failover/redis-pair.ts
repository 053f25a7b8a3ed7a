/** Two redis-servers on ports of their own, one the replica of the other, that can be killed and return. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../support/free-port.ts';

export interface PairedServer {
  readonly port: number;
  readonly url: string;
  /** Starts it on the data it had. */
  start(replicaOf?: number): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  kill(): Promise<void>;
  /** One command on a connection of its own. */
  ask(...command: [string, ...(string | number)[]]): Promise<unknown>;
}

export interface RedisPair {
  readonly servers: readonly [PairedServer, PairedServer];
  /** Names both. */
  readonly url: string;
  close(): Promise<void>;
}

export async function openRedisPair(): Promise<RedisPair> {
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'redis-pair-'));
  const first = await serverIn(folder, 'a');
  const second = await serverIn(folder, 'b');
  await first.start();
  await second.start(first.port);
  await untilFollows(second);
  return {
    servers: [first, second],
    url: `redis://127.0.0.1:${first.port},127.0.0.1:${second.port}`,
    close: async () => {
      await Promise.all([first.kill(), second.kill()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Until a replica has all of its primary's data and receives what is written. */
export async function untilFollows(replica: PairedServer): Promise<void> {
  for (;;) {
    const info = String(await replica.ask('INFO', 'replication').catch(() => ''));
    if (info.includes('master_link_status:up') && !info.includes('master_sync_in_progress:1'))
      return;
    await sleep(20);
  }
}

async function serverIn(folder: string, name: string): Promise<PairedServer> {
  const port = await freePort();
  const dir = await mkdtemp(join(folder, `${name}-`));
  let child: ChildProcess | undefined;
  const ask: PairedServer['ask'] = async (...command) => {
    const options = { retryStrategy: () => null, connectTimeout: 1_000, commandTimeout: 2_000 };
    const redis = new Redis(port, '127.0.0.1', options);
    redis.on('error', () => undefined);
    const [first, ...rest] = command;
    return redis.call(first, ...rest).finally(() => redis.disconnect());
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    ask,
    start: async (replicaOf) => {
      child = spawn('redis-server', argumentsOf(port, dir, replicaOf), { stdio: 'ignore' });
      while ((await ask('PING').catch(() => undefined)) !== 'PONG') await sleep(20);
    },
    signal: (signal) => void child?.kill(signal),
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function argumentsOf(port: number, dir: string, replicaOf: number | undefined): string[] {
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
  const link = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5'];
  const role = replicaOf === undefined ? [] : ['--replicaof', `127.0.0.1 ${replicaOf}`];
  return [...where, ...durable, ...link, ...role];
}
