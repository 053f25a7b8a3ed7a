/** Runs what an image runs: its command, in its folder, with its environment, on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Image } from './dockerfile.ts';
import { bareEnvironment } from '../bare-environment.ts';

export interface Container {
  readonly url: string;
  readonly metricsUrl: string;
  /** Stands for /tmp. */
  readonly tmp: string;
  readonly process: ChildProcess;
  /** What it wrote to stderr so far. */
  log(): string;
  /** The lines of its calls. */
  calls(): Record<string, unknown>[];
  /** The same, once there are so many; the caller may see an answer before its line is written. */
  callsOnce(count: number): Promise<Record<string, unknown>[]>;
  /** Code and signal of its end. */
  readonly exit: Promise<readonly [number | null, NodeJS.Signals | null]>;
  /** Ends it at once and takes its files away. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** As another user: no capabilities, none of our files. */
  readonly uid?: number;
}

/** Starts a container and waits until it serves. @throws Error with its log if it ends before */
export async function startContainer(
  image: Image,
  env: Readonly<Record<string, string>> = {},
  options: StartOptions = {},
): Promise<Container> {
  const container = await launch(image, env, options);
  const serving = await Promise.race([container.serving, container.exit.then(() => undefined)]);
  if (!serving) throw new Error(`the container ended:\n${container.log()}`);
  const on = (port: number): string => `http://127.0.0.1:${port}`;
  return { ...container, url: on(serving.port), metricsUrl: on(serving.metricsPort) };
}

interface Serving {
  readonly port: number;
  readonly metricsPort: number;
}

type Launched = Omit<Container, 'url' | 'metricsUrl'> & { readonly serving: Promise<Serving> };

/** Starts a container without waiting. */
export async function launch(
  image: Image,
  env: Readonly<Record<string, string>> = {},
  { uid }: StartOptions = {},
): Promise<Launched> {
  const tmp = await mkdtemp(join(tmpdir(), 'container-'));
  if (uid !== undefined) await chown(tmp, uid, uid);
  const [program = '', ...rest] = image.command;
  const child = spawn(program === 'node' ? process.execPath : program, rest, {
    cwd: join(image.root, image.workdir),
    env: {
      ...bareEnvironment,
      ...image.env,
      TMPDIR: tmp,
      port: '0',
      metrics_port: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let text = '';
  let heard: (serving: Serving) => void = () => undefined;
  const serving = new Promise<Serving>((resolve) => void (heard = resolve));
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const line = /^\{.*"event":"serving".*\}$/m.exec(text)?.[0];
    if (line !== undefined) heard(JSON.parse(line) as Serving);
  });
  const exit = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (code, signal) => resolve([code, signal])),
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
    await rm(tmp, { recursive: true, force: true });
  };
  const calls = () => text.split('\n').filter(isCall).map(parsed);
  const callsOnce = async (count: number) => {
    while (calls().length < count && child.exitCode === null) await sleep(10);
    return calls();
  };
  return { tmp, process: child, log: () => text, calls, callsOnce, exit, stop, serving };
}

function isCall(line: string): boolean {
  return line.includes('"event":"call"');
}

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}
