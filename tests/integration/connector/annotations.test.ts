/** Functions are called as their annotations ask, on a gateway that others deploy to. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { Annotations } from '#gateway/connector/annotations.ts';
import { FunctionQueues } from '#gateway/queue/function-queues.ts';
import { connectQueueRedis } from '#shared/redis/client.ts';
import { openLog } from '#shared/process/log.ts';
import { Topics } from '#shared/runtime/topics.ts';
import type { FunctionEvent, FunctionHandler } from '#template/function.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

interface Listed {
  name: string;
  annotations?: Record<string, string>;
  envVars?: Record<string, string>;
}

let redis: TestRedis;
let server: Server;
let url: string;
let list: Listed[];
/** How often the list was asked for. */
let polls = 0;
let failing: number | undefined;
let functions: Record<string, FunctionHandler>;
let calls: { name: string; event: FunctionEvent }[];
let queued: string[];
let lines: string[];
let prefix = '';
let prefixes = 0;
const open: Annotations[] = [];

const NO_PAUSE = { 'arduino-trader/async-backoff': '20ms' };

beforeAll(async () => {
  redis = await startTestRedis();
  const app = express();
  app.get('/system/functions', (request, response) => {
    polls += 1;
    const expected = `Basic ${Buffer.from('admin:pass word').toString('base64')}`;
    if (failing !== undefined) return void response.status(failing).end();
    if (request.headers.authorization !== expected) return void response.status(401).end();
    response.json(list);
  });
  app.post('/async-function/:name', (request, response) => {
    queued.push(request.params.name);
    response.status(202).end();
  });
  const byName = new Proxy({} as Record<string, FunctionHandler>, {
    get: (_target, name: string) => functions[name],
  });
  app.use(gatewayOf(byName));
  ({ server, url } = await listen(app));
});

beforeEach(() => {
  prefixes += 1;
  prefix = `annotations-${prefixes}`;
  [list, functions, calls, queued, lines, failing] = [[], {}, [], [], [], undefined];
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await redis.stop();
});

function serve(name: string, handler: FunctionHandler = () => ({ body: 'ok' })): void {
  functions[name] = (event, context) => {
    calls.push({ name, event });
    return handler(event, context);
  };
}

async function start(): Promise<Annotations> {
  const annotations = new Annotations({
    redisUrl: redis.url,
    prefix,
    gatewayUrl: url,
    credentials: () => ({ user: 'admin', password: 'pass word' }),
    token: () => 'the-trade-token',
    intervalMs: 50,
    log: openLog('debug', (line) => void lines.push(line)),
  });
  open.push(annotations);
  await annotations.open();
  return annotations;
}

async function publish(
  topic: string,
  payload: string,
  options: Parameters<Topics['publish']>[2] = {},
): Promise<void> {
  const connection = connectQueueRedis(redis.url, prefix);
  const topics = new Topics(connection, prefix);
  try {
    await topics.publish(topic, payload, options);
  } finally {
    await topics.close();
    connection.disconnect();
  }
}

/** Until what the gateway lists now is in force: the poll after the next one begins when that has ended. */
async function untilPolled(): Promise<void> {
  const before = polls;
  await until(() => polls >= before + 2);
}

const said = (event: string): string[] =>
  lines.filter((line) => line.includes(`"event":"${event}"`));

describe('a message of a topic', () => {
  it('reaches each function that names just this topic, with the headers of connectors', async () => {
    for (const name of ['one', 'two', 'three']) serve(name);
    list = [
      { name: 'one', annotations: { topic: 'orders.filled' } },
      { name: 'two', annotations: { topic: 'other, orders.filled ,' } },
      { name: 'three', annotations: { topic: 'Orders.Filled,orders' } },
    ];
    await start();
    await publish('orders.filled', '{"id":1}', { contentType: 'application/json' });
    await until(() => calls.length === 2);
    expect(calls.map(({ name }) => name).sort()).toEqual(['one', 'two']);
    const { event } = calls[0] ?? {};
    expect([event?.method, String(event?.body)]).toEqual(['POST', '{"id":1}']);
    expect(event?.headers).toMatchObject({
      'x-topic': 'orders.filled',
      'x-connector': 'arduino-trader',
      'content-type': 'application/json',
    });
    expect(event?.headers['authorization']).toBeUndefined();
    expect(lines.join()).not.toContain('{\\"id');
  });

  it('is tried again for the function that failed, and not for the other', async () => {
    let refusals = 2;
    serve('shaky', () => (refusals-- > 0 ? { status: 503 } : {}));
    serve('steady');
    list = [
      { name: 'shaky', annotations: { topic: 'news', ...NO_PAUSE } },
      { name: 'steady', annotations: { topic: 'news' } },
    ];
    await start();
    await publish('news', 'x');
    await until(() => calls.length === 4);
    expect(calls.filter(({ name }) => name === 'steady')).toHaveLength(1);
    const ids = calls
      .filter(({ name }) => name === 'shaky')
      .map(({ event }) => event.headers['x-call-id']);
    expect(new Set(ids).size).toBe(1);
  });

  it("goes to the gateway's queue where the annotation says so", async () => {
    list = [{ name: 'later', annotations: { topic: 'news', 'arduino-trader/async': 'true' } }];
    await start();
    await publish('news', 'x');
    await until(() => queued.length === 1);
    expect(queued).toEqual(['later']);
  });

  it('sends the token to our own operations, and finds them in a packed service', async () => {
    serve('planning');
    serve('scoring-score-security');
    list = [
      { name: 'planning', annotations: { topic: 'planning.create-plan' } },
      { name: 'scoring-score-security', annotations: { topic: 'news' } },
    ];
    await start();
    await publish('planning.create-plan', '{}');
    await publish('news', '{}');
    await until(() => calls.length === 2);
    const packed = calls.find(({ name }) => name === 'planning');
    expect(packed?.event.path).toBe('/create-plan');
    for (const { event } of calls) {
      const topic = String(event.headers['x-topic']);
      expect(event.headers).toMatchObject({
        ...{ authorization: 'Bearer the-trade-token', 'x-caller': 'connector' },
        'x-actor': `connector topic ${topic}`,
      });
    }
  });

  it('waits for a gateway that is not up yet, and for one that recovers', async () => {
    failing = 503;
    serve('one');
    list = [{ name: 'one', annotations: { topic: 'news' } }];
    await start();
    await publish('news', 'early');
    await untilPolled();
    expect(calls).toEqual([]);
    expect(said('functions-query-failed')).toHaveLength(1);
    failing = undefined;
    await until(() => calls.length === 1);
    failing = 500;
    await publish('news', 'later');
    await until(() => calls.length === 2);
  });

  it('reaches a function that was deployed since, and no longer one that was removed', async () => {
    serve('old');
    serve('new');
    list = [{ name: 'old', annotations: { topic: 'news' } }];
    await start();
    list = [{ name: 'new', annotations: { topic: 'news' } }];
    await untilPolled();
    await publish('news', 'x');
    await until(() => calls.length === 1);
    expect(calls[0]?.name).toBe('new');
  });

  it('is refused with an invalid topic, or when it is too large', async () => {
    await expect(publish('a,b', 'x')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(publish('a', 'x'.repeat(256_001))).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('a schedule', () => {
  const cron = (schedule: string, more: Record<string, string> = {}) => ({
    topic: 'cron-function',
    schedule,
    ...more,
  });

  it('calls with an empty body and without a Content-Type, at each time', async () => {
    serve('tick');
    list = [{ name: 'tick', annotations: cron('@every 1s') }];
    await start();
    expect(said('schedule-loaded')[0]).toContain('"schedule":"@every 1s","next":"20');
    await until(() => calls.length >= 2);
    const { event } = calls[0] ?? {};
    expect([event?.method, event?.path, event?.body.length]).toEqual(['POST', '/', 0]);
    expect(event?.headers).toMatchObject({
      'x-topic': 'cron-function',
      'x-connector': 'arduino-trader',
      'content-length': '0',
    });
    expect(event?.headers).not.toHaveProperty('content-type');
    // The ids of calls end with the time of their turn.
    const [first = 0, second = 0] = calls.map(({ event }) =>
      Number(/\d+$/.exec(event.headers['x-call-id'] ?? '')),
    );
    expect(second - first).toBeGreaterThanOrEqual(1_000);
  });

  it('starts and ends with the deployment, and is loaded once', async () => {
    serve('tick');
    list = [{ name: 'tick', annotations: cron('@every 1s') }];
    await start();
    await until(() => calls.length >= 1);
    expect(said('schedule-loaded')).toHaveLength(1);
    list = [];
    await until(() => said('schedule-removed').length === 1);
    const before = calls.length;
    await sleep(1_500);
    expect(calls.length).toBeLessThanOrEqual(before + 1);
  });

  it('comes back after Redis was emptied', async () => {
    serve('tick');
    list = [{ name: 'tick', annotations: cron('@every 1s') }];
    await start();
    await until(() => calls.length >= 1);
    const connection = connectQueueRedis(redis.url, prefix);
    await connection.flushall();
    connection.disconnect();
    await until(() => said('schedule-loaded').length === 2);
    const before = calls.length;
    await until(() => calls.length >= before + 2);
  });

  it('is reported once when it is invalid, and does not prevent others from being loaded', async () => {
    list = [
      { name: 'bad', annotations: cron('61 * * * *; @hourly') },
      { name: 'lonely', annotations: { schedule: '@hourly' } },
      { name: 'universe-sync-prices', annotations: cron('@hourly') },
      { name: 'planning', annotations: cron('@hourly') },
    ];
    await start();
    await untilPolled();
    const ignored = said('schedule-ignored').map(
      (line) => JSON.parse(line) as Record<string, string>,
    );
    expect(ignored.map(({ function: name, reason }) => [name, reason])).toEqual([
      ['bad', 'its minute is "61"'],
      ['lonely', 'its topic does not name cron-function'],
      ['universe-sync-prices', 'the job sync-prices already calls it on a schedule'],
      ['planning', 'a packed service is called by path, and a schedule names none'],
    ]);
    expect(said('schedule-loaded')).toHaveLength(1);
  });

  it('does not overlap itself', async () => {
    let inside = 0;
    let highest = 0;
    serve('long', async () => {
      inside += 1;
      highest = Math.max(highest, inside);
      await sleep(2_500);
      inside -= 1;
      return {};
    });
    list = [{ name: 'long', annotations: cron('@every 1s') }];
    await start();
    await until(() => said('schedule-call-skipped').length >= 1);
    expect(said('schedule-call-skipped')[0]).toContain('the turn before it still runs');
    expect(highest).toBe(1);
  });

  it('is not caught up after downtime, unless the annotation says so', async () => {
    serve('missed');
    serve('caught');
    // Each hour, half an hour from now: no turn comes by itself.
    const schedule = `${(new Date().getUTCMinutes() + 30) % 60} * * * *`;
    list = [
      { name: 'missed', annotations: cron(schedule) },
      {
        name: 'caught',
        annotations: cron(schedule, { 'arduino-trader/schedule-catch-up': 'true' }),
      },
    ];
    const first = await start();
    await first.close();
    open.pop();
    // As if both turns had come an hour ago, while nobody was there.
    const functionQueues = new FunctionQueues<unknown>({
      redisUrl: redis.url,
      prefix,
      name: 'calls',
      concurrencyOf: () => 1,
      work: () => Promise.resolve(),
      failed: () => Promise.resolve(),
    });
    for (const queueName of ['missed', 'caught']) {
      const queue = functionQueues.queueOf(queueName);
      const [scheduler] = await queue.getJobSchedulers();
      const hourAgo = `repeat:${scheduler?.key}:${Date.now() - 3_600_000}`;
      await queue.add('turn', scheduler?.template?.data, { jobId: hourAgo });
    }
    await functionQueues.close(0);
    await start();
    await until(() => calls.length >= 1);
    await until(() => said('schedule-call-skipped').length === 1);
    expect(said('schedule-call-skipped')[0]).toContain('its time has passed');
    expect(calls.map(({ name }) => name)).toEqual(['caught']);
  });
});
