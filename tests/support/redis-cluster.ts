/** A Redis Cluster of three servers on ports of their own, and further ones as replicas. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';

export interface ClusterServer {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  ask(...command: [string, ...(string | number)[]]): Promise<unknown>;
}

export interface RedisCluster {
  readonly url: string;
  /** The three primaries first. */
  readonly servers: readonly ClusterServer[];
  /** The server that has a key's slot. */
  ownerOf(key: string): Promise<ClusterServer>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const PRIMARIES = 3;

/** @param replicaOf a key: the server that has its slot gets a replica */
export async function startRedisCluster(replicaOf?: string): Promise<RedisCluster> {
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cluster-'));
  const servers: ClusterServer[] = [];
  const buses = new Map<ClusterServer, number>();
  const add = async (): Promise<ClusterServer> => {
    const [port, bus] = [await freePort(), await freePort()];
    const server = serverIn(join(folder, String(port)), port, bus);
    await server.start();
    servers.push(server);
    buses.set(server, bus);
    return server;
  };
  const meet = async (server: ClusterServer): Promise<void> => {
    const [first] = servers as [ClusterServer];
    if (server !== first)
      await server.ask('CLUSTER', 'MEET', '127.0.0.1', first.port, buses.get(first) ?? 0);
  };
  for (let i = 0; i < PRIMARIES; i += 1) await add();
  for (const [i, server] of servers.entries()) {
    const [from, to] = [i, i + 1].map((part) => Math.floor((part * SLOTS) / PRIMARIES));
    await server.ask('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
    await meet(server);
  }
  const cluster: RedisCluster = {
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers,
    ownerOf: (key) => ownerOf(servers, key),
    stop: async () => {
      await Promise.all(servers.map((server) => server.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  await untilAll(servers, 'CLUSTER INFO', (info) => info.includes('cluster_state:ok'));
  if (replicaOf === undefined) return cluster;
  const owner = await cluster.ownerOf(replicaOf);
  const replica = await add();
  await meet(replica);
  const id = String(await owner.ask('CLUSTER', 'MYID'));
  await untilAll([replica], 'CLUSTER NODES', (nodes) => nodes.includes(id));
  await replica.ask('CLUSTER', 'REPLICATE', id);
  await untilAll([replica], 'INFO replication', (info) => info.includes('master_link_status:up'));
  // All of them must know the replica before it can be elected.
  const own = String(await replica.ask('CLUSTER', 'MYID'));
  await untilAll(servers, 'CLUSTER NODES', (nodes) =>
    nodes.split('\n').some((line) => line.startsWith(own) && line.includes('slave')),
  );
  return cluster;
}

async function untilAll(
  servers: readonly ClusterServer[],
  command: string,
  holds: (text: string) => boolean,
): Promise<void> {
  const words = command.split(' ') as [string, ...string[]];
  for (const server of servers)
    while (!holds(String(await server.ask(...words).catch(() => '')))) await sleep(30);
}

async function ownerOf(servers: readonly ClusterServer[], key: string): Promise<ClusterServer> {
  const answering = servers.map(async (server) => {
    const slot = Number(await server.ask('CLUSTER', 'KEYSLOT', key));
    const ranges = (await server.ask('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
  });
  const port = await Promise.any(answering);
  const owner = servers.find((server) => server.port === port);
  if (!owner) throw new Error(`nobody has the slot of ${key}`);
  return owner;
}

function serverIn(dir: string, port: number, bus: number): ClusterServer {
  let child: ChildProcess | undefined;
  const ask: ClusterServer['ask'] = async (...command) => {
    const options = { retryStrategy: () => null, connectTimeout: 1_000, commandTimeout: 2_000 };
    const redis = new Redis(port, '127.0.0.1', options);
    redis.on('error', () => undefined);
    const [first, ...rest] = command;
    return redis.call(first, ...rest).finally(() => redis.disconnect());
  };
  return {
    port,
    ask,
    start: async () => {
      await mkdir(dir, { recursive: true });
      child = spawn('redis-server', argumentsOf(dir, port, bus), { stdio: 'ignore' });
      while ((await ask('PING').catch(() => undefined)) !== 'PONG') await sleep(20);
    },
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function argumentsOf(dir: string, port: number, bus: number): string[] {
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(bus)];
  const timing = ['--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'];
  return [...where, ...durable, ...cluster, ...timing];
}
