/** Runs that are handed over to a function and followed: no connection lasts as long as the run. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnector } from '#gateway/connector/connector.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { planning } from '#shared/contract/planning.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import { silentLog } from '#shared/process/log.ts';
import type { Context, Dependencies } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { keys } from '#shared/redis/keys.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const operation = planning.createPlan;
const MESSAGES = 12;
const SEED = Number(process.env['SEED'] ?? 20_261_129);

let redis: TestRedis;
let dependencies: Dependencies;
let server: Server;
let url: string;
let connector: { close(): Promise<void> };
/** Cuts every connection that is older, as a gateway with a limit does; 0: none. */
let connectionMsMax = 0;
let work: (context: Context, attempt: number) => AsyncGenerator<object> = steps;
let attempts = 0;
const detached = new Set<Promise<void>>();

async function* steps(context: Context): AsyncGenerator<object> {
  for (let i = 1; i <= MESSAGES; i += 1) {
    await sleep(40, undefined, { signal: context.signal });
    yield { progressPct: (100 * i) / MESSAGES, step: String(i), complete: i === MESSAGES };
  }
}

function open(): Promise<{ close(): Promise<void> }> {
  return openConnector({
    redisUrl: redis.url,
    keyPrefix: dependencies.settings.redisKeyPrefix,
    gatewayUrl: url,
    token: 'a-token-of-some-length',
    log: silentLog,
    intervalMs: 100,
  });
}

beforeAll(async () => {
  console.info(`seed ${SEED}`);
  redis = await startTestRedis();
  const createPlan = handle(
    operation,
    (_request, context) => work(context, (attempts += 1)) as never,
  );
  const app = gatewayOf(
    { [operation.name]: createPlan },
    () => dependencies,
    (one) => {
      detached.add(one);
      void one.finally(() => detached.delete(one));
    },
  );
  ({ server, url } = await listen(app));
  server.on('request', (_request, response) => {
    if (connectionMsMax > 0) setTimeout(() => response.destroy(), connectionMsMax).unref();
  });
  dependencies = await openTestDependencies(redis);
  connector = await open();
});

afterAll(async () => {
  await connector.close();
  await Promise.all(detached);
  await dependencies.close();
  server.closeAllConnections();
  server.close();
  await redis.stop();
});

beforeEach(() => {
  attempts = 0;
  work = steps;
  connectionMsMax = 0;
});

const follow = async (hash: string): Promise<unknown[]> => {
  const functions = new FunctionsClient(httpTransport(url, ''));
  const options = { signal: new AbortController().signal, requestId: `request-${hash}` };
  const seen: unknown[] = [];
  const messages = functions.stream(operation, { portfolioHash: hash }, options);
  for await (const message of messages) seen.push((message as { step?: string }).step);
  return seen;
};
const all = Array.from({ length: MESSAGES }, (_one, i) => String(i + 1));

it('a run longer than any connection may last ends, executed once, each message delivered once', async () => {
  connectionMsMax = 150;
  expect(await follow('aa')).toEqual(all);
  expect(attempts).toBe(1);
});

it('is streamed across connections that are cut at any moment', async () => {
  const random = seededRandom(SEED);
  for (let round = 0; round < 6; round += 1) {
    connectionMsMax = 30 + Math.floor(random() * 200);
    expect([connectionMsMax, await follow(`b${round}`)]).toEqual([connectionMsMax, all]);
  }
  expect(attempts).toBe(6);
});

it('another connector continues a run whose connector has gone, without executing it again', async () => {
  const following = follow('cc');
  await sleep(150);
  await connector.close();
  connector = await open();
  expect(await following).toEqual(all);
  expect(attempts).toBe(1);
});

it('a function that died during a run is called again, and continues', async () => {
  let died = (): void => undefined;
  work = async function* (context, attempt) {
    if (attempt > 1) return yield* steps(context);
    yield { progressPct: 5, step: '0', complete: false };
    await new Promise<void>((resolve) => (died = resolve));
  };
  const following = follow('dd');
  const key = keys.runtime.execution(await runningRun());
  // What is left of a process that was killed: nothing renews its lease, and another one is started.
  Reflect.get(dependencies.runs.executions, 'own').clear();
  await dependencies.database.redis.del(key);
  expect((await following).at(-1)).toBe(String(MESSAGES));
  expect(attempts).toBe(2);
  died();
});

it('a failure that may pass is tried again, and one that may not is reported with its own code', async () => {
  work = async function* (context, attempt) {
    if (attempt === 1) throw new Failure('UNAVAILABLE', 'The prices did not answer.');
    yield* steps(context);
  };
  expect(await follow('ee')).toEqual(all);
  expect(attempts).toBe(2);
  work = async function* () {
    yield { progressPct: 1, step: '1', complete: false };
    throw new Failure('REFUSED', 'No.', { rule: 'a-rule' });
  };
  await expect(follow('ff')).rejects.toMatchObject({ code: 'REFUSED', facts: { rule: 'a-rule' } });
  expect(attempts).toBe(3);
});

it('two connectors at once execute each run once', async () => {
  const second = await open();
  try {
    const runs = Array.from({ length: 4 }, (_one, i) => follow(`two-${i}`));
    expect(await Promise.all(runs)).toEqual(runs.map(() => all));
    expect(attempts).toBe(runs.length);
  } finally {
    await second.close();
  }
});

async function runningRun(): Promise<string> {
  for (;;) {
    const [one] = (await dependencies.runs.pending(operation)).filter(
      ({ state }) => state === 'running',
    );
    if (one && (await dependencies.runs.countRecorded(one.run)) > 0) return one.run;
    await sleep(10);
  }
}
