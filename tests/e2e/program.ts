/** Builds the program apart from `dist/` and runs it as a person would. */
import {
  execFileSync,
  spawn,
  type ChildProcess,
  type ChildProcessByStdio,
} from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { bareEnvironment } from '../support/bare-environment.ts';

export interface Program {
  start(args: readonly string[], env: Readonly<Record<string, string>>): Run;
  /** Another of its processes, e.g. `gateway/facade/main.js`. */
  startProcess(file: string, env: Readonly<Record<string, string>>): Run;
  remove(): Promise<void>;
}

export interface Run {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Until stdout and stderr together hold the text. */
  says(text: string): Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export function buildProgram(name: string): Program {
  const out = `build/e2e-${name}-${process.pid}`;
  execFileSync(process.execPath, ['scripts/build.mjs', '--out', out]);
  return {
    start: (args, env) => start(`${out}/gateway/embedded/main.js`, args, env),
    startProcess: (file, env) => start(`${out}/${file}`, [], env),
    remove: () => rm(out, { recursive: true, force: true }),
  };
}

/** No trading cycle begins by itself, at whatever time the tests run: its turn is three days away. */
const never = { TRADING_CYCLE_SCHEDULE: `0 7 * * ${(new Date().getUTCDay() + 3) % 7}` };

function start(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, [file, ...args], {
    env: {
      ...bareEnvironment,
      GATEWAY_PORT: '0',
      GRPC_PORT_BASE: '0',
      ...never,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return runOf(child);
}

/** What is to be read of a process that was started with its stdout and stderr as pipes. */
export function runOf(child: ChildProcessByStdio<null, Readable, Readable>): Run {
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text));
  child.stderr.on('data', (text: Buffer) => (err += text));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (`${out}${err}`.includes(text)) resolve();
      };
      child.stdout.on('data', check);
      child.stderr.on('data', check);
      child.once('close', () =>
        reject(new Error(`it ended and never said "${text}":\n${out}${err}`)),
      );
      check();
    });
  return { child, stdout: () => out, stderr: () => err, says, ended };
}

const dirs: string[] = [];

export async function freshDataDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'trader-e2e-'));
  dirs.push(dir);
  return dir;
}

export async function removeDataDirs(): Promise<void> {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
}
