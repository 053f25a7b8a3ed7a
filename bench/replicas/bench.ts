/**
 * npm run bench -- replicas
 *
 * 1 to 8 replicas of facade and functions, each a process, on one Redis: GetPlan over gRPC, which reads one
 * document. Processor time a call of the replicas and of Redis, which is what limits them; calls a second
 * grow with replicas only as far as the machine has processors for them and for this process.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { PlanningServiceClient } from '#protos/gen/planning.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { buildEmbedded } from '../embedded-build.ts';

const COUNTS = [1, 2, 4, 8];
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 3_000);
const IN_FLIGHT = 8;
const HOST = 'bench/grpc/host.ts';

interface Replica {
  readonly child: ChildProcess;
  readonly client: PlanningServiceClient;
}

const file = join(await buildEmbedded('build/bench/replicas', [HOST]), HOST.replace('.ts', '.js'));
const redis = await startTestRedis();
const asked = new Redis(redis.url.slice('unix://'.length));
const replicas: Replica[] = [];
const rows: Record<string, Record<string, string>> = {};
for (const count of COUNTS) {
  while (replicas.length < count) replicas.push(await openReplica());
  await round(500);
  rows[`${count} replicas`] = await round(ROUND_MS);
}
console.log(`${cpus().length} processors`);
console.table(rows);
for (const { child, client } of replicas) {
  client.close();
  child.kill('SIGKILL');
}
asked.disconnect();
await redis.stop();

async function openReplica(): Promise<Replica> {
  const env = { ...process.env, REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'bench' };
  const child = fork(file, ['facade'], { env });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const client = new PlanningServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return { child, client };
}

async function round(ms: number): Promise<Record<string, string>> {
  const before = await usage();
  const began = performance.now();
  const callers = replicas.flatMap(({ client }) =>
    Array.from({ length: IN_FLIGHT }, () => callUntil(client, began + ms)),
  );
  const calls = (await Promise.all(callers)).reduce((sum, count) => sum + count, 0);
  const seconds = (performance.now() - began) / 1_000;
  const after = await usage();
  const perCall = (name: keyof Usage): string => ((after[name] - before[name]) / calls).toFixed(1);
  return {
    'calls/s': (calls / seconds).toFixed(0),
    'replica µs/call': perCall('replicaUs'),
    'Redis µs/call': perCall('redisUs'),
    'Redis commands/call': perCall('commands'),
  };
}

async function callUntil(client: PlanningServiceClient, end: number): Promise<number> {
  let calls = 0;
  for (; performance.now() < end; calls += 1)
    await new Promise<void>((resolve, reject) => {
      client.getPlan({ planId: 'plan-none' }, (error) => (error ? reject(error) : resolve()));
    });
  return calls;
}

interface Usage {
  readonly replicaUs: number;
  readonly redisUs: number;
  readonly commands: number;
}

async function usage(): Promise<Usage> {
  let replicaUs = 0;
  for (const { child } of replicas) {
    child.send('usage');
    const [{ cpu }] = (await once(child, 'message')) as [{ cpu: NodeJS.CpuUsage }];
    replicaUs += cpu.user + cpu.system;
  }
  const info = await asked.info('all');
  const of = (name: string): number =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  const redisUs = (of('used_cpu_user') + of('used_cpu_sys')) * 1e6;
  return { replicaUs, redisUs, commands: of('total_commands_processed') };
}
