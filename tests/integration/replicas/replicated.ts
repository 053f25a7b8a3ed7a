/**
 * Several of every stateless part on one Redis: replicas of all functions behind a balancer that loses and
 * doubles requests, two facades, and connectors as processes that can be killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { operations } from '#shared/contract/catalogue.ts';
import type { Random } from '#shared/kernel/random.ts';
import { silentLog } from '#shared/process/log.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionHandler } from '#template/function.ts';
import { FaultyBroker } from '../../support/brokers/faulty-broker.ts';
import { openTestDependencies, steppingClock } from '../../support/dependencies.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

export interface ReplicatedRun {
  readonly redisUrl: string;
  readonly replicas: number;
  readonly random: Random;
}

/** What the balancer does with a request: nothing, or one of the faults of a network. */
type Fault = 'none' | 'lost-request' | 'lost-answer' | 'doubled';

const PREFIX = 'replicated';
const FAULT_RATIO = 0.12;
const FAULTS: readonly Fault[] = ['lost-request', 'lost-answer', 'doubled'];

export class Replicated {
  readonly facades: Facade[] = [];
  readonly replicas: Dependencies[] = [];
  readonly faults: Record<Fault, number> = {
    none: 0,
    'lost-request': 0,
    'lost-answer': 0,
    doubled: 0,
  };
  isFaulty = false;
  private readonly brokers: FaultyBroker[] = [];
  private readonly urls: string[] = [];
  private readonly connectors: ChildProcess[] = [];
  private readonly closers: (() => unknown)[] = [];
  private readonly run: ReplicatedRun;
  private balancerUrl = '';
  private secrets = '';
  private turn = 0;

  private constructor(run: ReplicatedRun) {
    this.run = run;
  }

  static async open(run: ReplicatedRun): Promise<Replicated> {
    const opened = new Replicated(run);
    await opened.balance();
    await opened.openReplicas();
    await seedMarket(opened.one(), 4, (_listed, index) => index < 10);
    const functions = new FunctionsClient(httpTransport(opened.balancerUrl, ''));
    for (let i = 0; i < 2; i += 1) {
      const facade = await openFacade({
        portBase: -1,
        sharedPort: 0,
        access: null,
        functions,
        log: silentLog,
      });
      opened.facades.push(facade);
      opened.closers.push(() => facade.close());
    }
    opened.secrets = await mkdtemp(join(tmpdir(), 'replicated-'));
    await writeFile(join(opened.secrets, 'trade-token'), 'a-token-of-some-length');
    await Promise.all([opened.startConnector(0), opened.startConnector(1)]);
    return opened;
  }

  one(): Dependencies {
    const [first] = this.replicas;
    if (!first) throw new Error('there is a replica');
    return first;
  }

  /** Client order ids in the order in which they reached the broker, from any replica. */
  get received(): readonly string[] {
    return this.brokers.flatMap(({ received }) => received);
  }

  /** Kills a connector and starts another in its place. */
  async replaceConnector(index: 0 | 1): Promise<void> {
    const child = this.connectors[index];
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await this.startConnector(index);
  }

  async close(): Promise<void> {
    for (const child of this.connectors) child.kill('SIGKILL');
    for (const close of this.closers.reverse()) await close();
    await rm(this.secrets, { recursive: true, force: true });
  }

  private async openReplicas(): Promise<void> {
    const handlers: Record<string, FunctionHandler> = {};
    for (const { name, folder } of operations)
      handlers[name] = (
        (await import(`../../../${folder}/handler.ts`)) as { default: FunctionHandler }
      ).default;
    const { now } = steppingClock('2024-06-27T09:00:00Z');
    const env = { REDIS_KEY_PREFIX: PREFIX, PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4' };
    for (let i = 0; i < this.run.replicas; i += 1) {
      const dependencies = await openTestDependencies({ url: this.run.redisUrl }, env, {
        now,
        transport: httpTransport(this.balancerUrl, ''),
        wrapBroker: (broker) => {
          const watched = new FaultyBroker(broker);
          this.brokers.push(watched);
          return watched;
        },
      });
      const { server, url } = await listen(gatewayOf(handlers, () => dependencies));
      this.replicas.push(dependencies);
      this.urls.push(url);
      this.closers.push(() => dependencies.close());
      this.closers.push(() => (server.closeAllConnections(), server.close()));
    }
  }

  private async balance(): Promise<void> {
    const server = createServer((request, response) => {
      void bodyOf(request).then(async (body) => {
        const fault = this.faultOf();
        this.faults[fault] += 1;
        if (fault === 'lost-request') return void request.socket.destroy();
        const signal = new AbortController();
        response.once('close', () => response.writableEnded || signal.abort());
        // A caller who is cut off has not left: the work goes on, and its answer is lost.
        const answer = await this.forward(
          request,
          body,
          fault === 'none' ? signal.signal : undefined,
        );
        if (fault === 'doubled') void this.forward(request, body).then((other) => other?.resume());
        if (fault === 'lost-answer' || !answer) {
          answer?.resume();
          if (answer) await once(answer, 'end').catch(() => undefined);
          return void request.socket.destroy();
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('error', () => request.socket.destroy());
        answer.pipe(response);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.balancerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.closers.push(() => (server.closeAllConnections(), server.close()));
  }

  private faultOf(): Fault {
    if (!this.isFaulty || this.run.random() >= FAULT_RATIO) return 'none';
    return FAULTS[Math.floor(this.run.random() * FAULTS.length)] ?? 'none';
  }

  /** To the next replica. @returns undefined where it broke off */
  private forward(
    request: IncomingMessage,
    body: Buffer,
    signal?: AbortSignal,
  ): Promise<IncomingMessage | undefined> {
    const url = this.urls[(this.turn += 1) % this.urls.length] ?? '';
    const { method, headers } = request;
    return new Promise((resolve) => {
      const sent = httpRequest(`${url}${request.url ?? ''}`, {
        method,
        headers,
        signal,
        agent: false,
      });
      sent.once('error', () => resolve(undefined)).once('response', resolve);
      sent.end(body);
    });
  }

  private async startConnector(index: number): Promise<void> {
    const child = spawn(process.execPath, ['scripts/run.mjs', 'gateway/connector/main.ts'], {
      env: {
        ...bareEnvironment,
        REDIS_URL: this.run.redisUrl,
        REDIS_KEY_PREFIX: PREFIX,
        GATEWAY_URL: this.balancerUrl,
        SECRETS_DIR: this.secrets,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.connectors[index] = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (data: Buffer) => {
        said += String(data);
        if (said.includes('"event":"connector-ready"')) resolve();
      });
      child.once('exit', () => reject(new Error(`a connector ended: ${said}`)));
    });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
