/** Test dependencies: a real Redis of the test's own, and dependencies opened on it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openDependencies, type DependencyParts } from '#shared/runtime/dependencies.ts';

export interface TestRedis {
  readonly url: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts a redis-server on a socket in a folder of its own.
 * @param parent in memory where there is such a folder: it is durable as demanded, and costs no disk
 * @param command what starts it, such as a program that watches its system calls
 */
export async function startTestRedis(
  parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
  [program, ...args]: readonly [string, ...string[]] = ['redis-server'],
): Promise<TestRedis> {
  const dir = await mkdtemp(join(parent, 'trader-redis-'));
  const socket = join(dir, 'redis.sock');
  const flags = ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', ''];
  const server = spawn(
    program,
    [...args, ...flags, '--appendonly', 'yes', '--appendfsync', 'always'],
    { stdio: 'ignore' },
  );
  const url = `unix://${socket}`;
  await untilListening(server, socket);
  return {
    url,
    process: server,
    stop: async () => {
      // A test may have killed it.
      if (server.exitCode === null && server.signalCode === null) {
        const gone = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGKILL');
        await gone;
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Redis makes the socket when it is ready to be asked; connecting before that leaves timers. */
async function untilListening(server: ChildProcess, socket: string): Promise<void> {
  let failure: string | undefined;
  server.once('error', (thrown) => (failure = thrown.message));
  server.once('exit', (code, signal) => (failure = `it ended with ${code ?? signal}`));
  while (!existsSync(socket)) {
    if (failure !== undefined)
      throw new Error(`the test redis-server did not start: ${failure}; is it installed?`);
    await sleep(10);
  }
}

let prefixes = 0;

/** Opens dependencies on a Redis, under a unique key prefix, without requiring tokens. */
export async function openTestDependencies(
  redis: Pick<TestRedis, 'url'>,
  env: Record<string, string> = {},
  parts: DependencyParts = {},
): Promise<Dependencies> {
  prefixes += 1;
  const settings = parseSettings({
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: `t${process.pid}-${prefixes}`,
    // Nothing is persisted between tests unless a test names a folder.
    DATA_DIR: '/nonexistent/data',
    ...env,
  });
  return openDependencies(settings, { tokens: null, log: silentLog, ...parts });
}

/** A clock that only moves when the test moves it. */
export function steppingClock(startIso: string): { now: () => Instant; advance(ms: number): void } {
  let ms = Date.parse(startIso);
  return { now: () => instantOf(ms), advance: (by) => void (ms += by) };
}
