/**
 * The Redis an installation keeps for itself: on a private socket, every write on the disk before it
 * is answered, nothing ever evicted. It is started again when it dies, and a server that a killed
 * run left behind is shut down before a new one takes its files.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Failure } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import { logEnd, measureFiles, shortenedFiles, tornEnd } from '../redis-files.ts';
import { forgetServer, recordServer, stopLeftovers } from './redis-leftover.ts';

/** A socket's path must fit into sun_path: 104 bytes at the least of systems, with the end. */
const SOCKET_PATH_BYTES_MAX = 100;
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 3_000;
const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 5_000;

export interface OwnRedis {
  readonly url: string;
  readonly version: string;
  /** What was wrong with its files, a sentence each. */
  readonly warnings: readonly string[];
  /** How often it had to be started again. */
  restarts(): number;
  close(): Promise<void>;
}

export interface OwnRedisOptions {
  /** The redis-server program. */
  readonly program: string;
  /** Its files go here. */
  readonly dir: string;
  readonly log: Log;
}

/** @throws Failure UNAVAILABLE when it does not come up; its log file says why */
export async function startOwnRedis(options: OwnRedisOptions): Promise<OwnRedis> {
  const { dir } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  await stopLeftovers(dir);
  const place = await socketPlace(dir);
  const supervisor = new Supervisor(options, place.socket);
  const [shortened, from] = await Promise.all([shortenedFiles(dir), logEnd(dir)]);
  try {
    await supervisor.start();
    const version = await versionAt(place.socket);
    const warnings = [...shortened, ...(await tornEnd(dir, from))];
    const endMeasuring = measureFiles(dir);
    return {
      url: `unix://${place.socket}`,
      version,
      warnings,
      restarts: () => supervisor.restarts,
      close: async () => {
        await supervisor.stop();
        await endMeasuring();
        await forgetServer(dir);
        await place.remove();
      },
    };
  } catch (thrown) {
    await supervisor.stop();
    throw thrown;
  }
}

/** Beside the data where the path is short enough, else in a private folder for temporary files. */
async function socketPlace(dir: string): Promise<{ socket: string; remove(): Promise<void> }> {
  const beside = join(dir, 'redis.sock');
  if (Buffer.byteLength(beside) <= SOCKET_PATH_BYTES_MAX)
    return { socket: beside, remove: () => Promise.resolve() };
  const parentDir = Buffer.byteLength(tmpdir()) <= SOCKET_PATH_BYTES_MAX / 2 ? tmpdir() : '/tmp';
  const apart = await mkdtemp(join(parentDir, 'trader-redis-'));
  return {
    socket: join(apart, 'redis.sock'),
    remove: () => rm(apart, { recursive: true, force: true }),
  };
}

/** Keeps one server running until it is stopped. */
class Supervisor {
  restarts = 0;
  private readonly options: OwnRedisOptions;
  private readonly socket: string;
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  private restarted: Promise<void> = Promise.resolve();
  private stopping = false;
  private pauseMs = RESTART_MS_MIN;

  constructor(options: OwnRedisOptions, socket: string) {
    this.options = options;
    this.socket = socket;
  }

  async start(): Promise<void> {
    const { program, dir } = this.options;
    await rm(this.socket, { force: true });
    // A stop does not wait for a server that has not started yet.
    if (this.stopping) throw new Failure('CANCELLED', 'Redis is being stopped.');
    // A session of its own: Ctrl-C in a terminal must stop us first, and Redis last. Its working
    // directory is how it is found where this process dies before it has recorded it.
    const options = { stdio: 'ignore', detached: true, cwd: dir } as const;
    const child = spawn(program, flags(dir, this.socket), options);
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    try {
      if (child.pid !== undefined) await recordServer(dir, child.pid);
      await this.untilReady();
    } catch (thrown) {
      // Never two servers on the same files.
      child.kill('SIGKILL');
      await this.exited;
      throw thrown;
    }
    this.restarted = this.exited.then(() => this.restart());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.child?.kill('SIGTERM');
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_MS_MAX);
    await this.exited;
    await this.restarted;
    clearTimeout(timer);
  }

  private async untilReady(): Promise<void> {
    let isGone = false;
    void this.exited.then(() => (isGone = true));
    const until = performance.now() + READY_MS_MAX;
    while (!isGone && performance.now() < until) {
      if (await answers(this.socket)) return;
      await sleep(5);
    }
    const log = join(this.options.dir, 'redis.log');
    throw new Failure('UNAVAILABLE', `redis-server did not start; ${log} says why.`);
  }

  private async restart(): Promise<void> {
    while (!this.stopping) {
      this.restarts += 1;
      this.options.log.error('redis-exited', { restarts: this.restarts, pauseMs: this.pauseMs });
      await sleep(this.pauseMs);
      this.pauseMs = Math.min(this.pauseMs * 2, RESTART_MS_MAX);
      if (this.stopping) return;
      try {
        await this.start();
        this.options.log.warn('redis-restarted', { restarts: this.restarts });
        setTimeout(() => (this.pauseMs = RESTART_MS_MIN), READY_MS_MAX).unref();
        return;
      } catch (cause) {
        this.options.log.error('redis-restart-failed', { cause });
      }
    }
  }
}

function flags(dir: string, socket: string): string[] {
  const settings: Readonly<Record<string, string>> = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir,
    logfile: 'redis.log',
    daemonize: 'no',
    'protected-mode': 'yes',
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function answers(socket: string): Promise<boolean> {
  return asked(socket, (redis) => redis.ping()).then(
    (pong) => pong === 'PONG',
    () => false,
  );
}

async function versionAt(socket: string): Promise<string> {
  return redisVersion(await asked(socket, (redis) => redis.info('server')));
}

export function redisVersion(info: string): string {
  return /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
}

async function asked<T>(socket: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(socket, {
    lazyConnect: true,
    retryStrategy: () => null,
    // The check would otherwise wait a whole second while the server loads its file.
    enableReadyCheck: false,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}
