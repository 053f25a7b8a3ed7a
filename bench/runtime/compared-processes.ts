/** The processes that are compared, and how each is called. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Variant } from './host.ts';
import { cpuUs, treeOf } from './process-figures.ts';

/** `official`: of-watchdog and the node template; `chain`: the official gateway before them. */
export type Name = Variant | 'official' | 'chain';

export interface Round {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUsPerCall: number;
}

const BODY = JSON.stringify({ greeting: 'hello', numbers: [1, 2, 3] });

export class Candidate {
  readonly name: Name;
  readonly rounds: Round[] = [];
  readonly children: readonly ChildProcess[];
  readonly call: () => Promise<void>;

  constructor(name: Name, children: readonly ChildProcess[], call: () => Promise<void>) {
    this.name = name;
    this.children = children;
    this.call = call;
  }

  /** Calls one after the other for so long. */
  async round(ms: number): Promise<Round> {
    const before = this.cpuUs();
    const latencies: number[] = [];
    const startedAt = performance.now();
    while (performance.now() - startedAt < ms) {
      const began = performance.now();
      await this.call();
      latencies.push((performance.now() - began) * 1000);
    }
    const cpuUsPerCall = (this.cpuUs() - before) / latencies.length;
    latencies.sort((a, b) => a - b);
    const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
    return { p50Us: at(0.5), p99Us: at(0.99), cpuUsPerCall };
  }

  /** With what they started: a watchdog that is ended by force leaves its template behind. */
  close(): void {
    for (const child of this.children)
      if (child.exitCode === null && child.signalCode === null)
        for (const pid of treeOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL');
  }

  private cpuUs(): number {
    return this.children.reduce((sum, { pid = 0 }) => sum + cpuUs(pid), 0);
  }
}

function caller(port: number, path: string): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'content-type': 'application/json', 'content-length': BODY.length };
  return () =>
    new Promise((resolve, reject) => {
      const sent = httpRequest({ port, path, method: 'POST', agent, headers }, (response) => {
        response.resume();
        response.once('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`answered ${response.statusCode}`));
        });
      });
      sent.once('error', reject);
      sent.end(BODY);
    });
}

export async function openOurs(name: Variant, file: string): Promise<Candidate> {
  // Log lines are made and written as ever, and read by nobody.
  const child = fork(file, [name], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const path = name === 'embedded' ? '/function/echo' : '/';
  return new Candidate(name, [child], caller(port, path));
}

/**
 * of-watchdog in front of the official node template, where both are installed: OF_WATCHDOG names the
 * program, NODE_TEMPLATE the folder with its `index.js` and modules.
 */
export async function openOfficial(): Promise<Candidate[]> {
  const { OF_WATCHDOG: watchdog, NODE_TEMPLATE: folder } = process.env;
  if (!watchdog || !folder || !existsSync(watchdog) || !existsSync(folder)) return [];
  const [port, innerPort] = await Promise.all([freePort(), freePort()]);
  const child = spawn(watchdog, [], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      mode: 'http',
      port: String(port),
      http_port: String(innerPort),
      upstream_url: `http://127.0.0.1:${innerPort}`,
      fprocess: `${process.execPath} index.js`,
      exec_timeout: '10s',
      suppress_lock: 'true',
      prefix_logs: 'false',
    },
  });
  const official = new Candidate('official', [child], caller(port, '/'));
  await answering(official);
  const chain = await openChain(official, port);
  return chain ? [official, chain] : [official];
}

/**
 * The official gateway before the watchdog: OPENFAAS_GATEWAY names the program. Its port is fixed, so
 * 8080 and 8082 must be free. Calls go to the watchdog as if it were the provider, which leaves out a
 * hop that a real installation has.
 */
async function openChain(
  { children }: Candidate,
  watchdogPort: number,
): Promise<Candidate | undefined> {
  const gateway = process.env['OPENFAAS_GATEWAY'];
  if (!gateway || !existsSync(gateway)) return undefined;
  const child = spawn(gateway, [], {
    stdio: 'ignore',
    env: { functions_provider_url: `http://127.0.0.1:${watchdogPort}/` },
  });
  const chain = new Candidate('chain', [child, ...children], caller(8080, '/function/echo'));
  await answering(chain);
  return chain;
}

async function answering(candidate: Candidate): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const isUp = await candidate.call().then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (attempt > 100) throw new Error(`${candidate.name} does not answer`);
    await sleep(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
