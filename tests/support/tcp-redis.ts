/** A redis-server on a free port of the loopback, for programs that know no sockets in files. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface TcpRedis {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startTcpRedis(): Promise<TcpRedis> {
  const port = await freePort();
  const dir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'trader-redis-'));
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
  const server = spawn('redis-server', [...where, ...durable], { stdio: 'ignore' });
  await untilAnswers(server, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        const gone = once(server, 'exit');
        server.kill('SIGKILL');
        await gone;
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function untilAnswers(server: ChildProcess, port: number): Promise<void> {
  let failure: string | undefined;
  server.once('error', (thrown) => (failure = thrown.message));
  server.once('exit', (code, signal) => (failure = `it ended with ${code ?? signal}`));
  while (!(await answers(port))) {
    if (failure !== undefined) throw new Error(`the test redis-server did not start: ${failure}`);
    await sleep(10);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}
