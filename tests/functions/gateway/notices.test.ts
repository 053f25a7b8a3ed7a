/** Notices: what is told, once, by which channel, and what becomes of one that is not taken. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetOverviewResponse } from '#protos/gen/overview.ts';
import { trading } from '#shared/contract/trading.ts';
import { emailChannel } from '#shared/clients/notices/email.ts';
import { mayGo, pauseMs } from '#shared/gateway/model/delivery.ts';
import { noticesOf } from '#shared/gateway/notices/notice.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import triggerJob from '../../../functions/gateway/trigger-job/handler.ts';
import request from 'supertest';
import { endpointOf, inProcess } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

interface Received {
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Takes what is posted, and answers what it is told to, then 200. */
class Receiver {
  readonly received: Received[] = [];
  answers: { status: number; body?: string; headers?: Record<string, string> }[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createHttpServer((incoming, response) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += String(chunk)));
      incoming.on('end', () => {
        const { url: path = '', headers } = incoming;
        this.received.push({ path, headers, text });
        const { status = 200, body = '{"ok":true}', headers: more } = this.answers.shift() ?? {};
        response.writeHead(status, more).end(body);
      });
    }).listen(0, '127.0.0.1');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listening(): Promise<void> {
    if (!this.server.listening) await once(this.server, 'listening');
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

let redis: TestRedis;
let receiver: Receiver;
let dataDir: string;
let dependencies: Dependencies;
let clock: ReturnType<typeof steppingClock>;
let runs = 0;
const opened: Dependencies[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listening();
  dataDir = await mkdtemp(join(tmpdir(), 'trader-notices-'));
  const secrets = join(dataDir, 'function-secrets', 'openfaas-fn');
  await mkdir(secrets, { recursive: true });
  await writeFile(join(secrets, 'telegram-token'), '123:secret\n');
  await writeFile(join(secrets, 'webhook-key'), 'key-of-the-hook\n');
  await writeFile(join(secrets, 'ntfy-token'), 'tk_secret\n');
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  receiver.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(env: Record<string, string>, startIso = '2026-03-04T12:00:00Z') {
  clock = steppingClock(startIso);
  const inside = inProcess();
  const settings = { DATA_DIR: dataDir, ...env };
  dependencies = await openTestDependencies(redis, settings, {
    now: clock.now,
    transport: inside.transport,
  });
  opened.push(dependencies);
  inside.into(dependencies);
}

/** As the connector runs the job. */
async function runJob(): Promise<string> {
  runs += 1;
  const { body } = await request(endpointOf(triggerJob, dependencies))
    .post('/')
    .set('x-run-id', `notices-${process.pid}-${runs}`)
    .send({ jobName: 'notices' })
    .expect(200);
  return (body as { message: string }).message;
}

async function halt(reason: string): Promise<void> {
  const options = { signal: AbortSignal.timeout(10_000), requestId: reason };
  await dependencies.functions.call(trading.setTradingState, { state: 'HALTED', reason }, options);
}

it('sends nothing where nothing is configured', async () => {
  await open({});
  await halt('test');
  expect(await runJob()).toBe('No channel is configured.');
  expect(receiver.received).toEqual([]);
});

it('tells a halt once, by every channel, with the fields of each service', async () => {
  await open({
    NOTICE_NTFY: `${receiver.url}/owner`,
    NOTICE_TELEGRAM_CHAT: '42',
    NOTICE_TELEGRAM_URL: receiver.url,
    NOTICE_WEBHOOK: `${receiver.url}/hook`,
    NOTICE_PAGE: 'https://board.home/trader/',
  });
  await halt('away <b>&');
  expect(await runJob()).toBe('3 sent, 0 to be tried again, 0 given up.');
  expect(await runJob()).toBe('0 sent, 0 to be tried again, 0 given up.');
  const at = (path: string) => receiver.received.find((one) => one.path === path);
  const ntfy = at('/');
  expect(JSON.parse(ntfy?.text ?? '')).toMatchObject({
    topic: 'owner',
    title: 'PRACTICE: trading is stopped',
    message: 'away <b>&',
    priority: 5,
    click: 'https://board.home/trader/',
    actions: [{ action: 'view', label: 'Look', url: 'https://board.home/trader/' }],
  });
  expect(ntfy?.headers['authorization']).toBe('Bearer tk_secret');
  expect(JSON.parse(at('/bot123:secret/sendMessage')?.text ?? '')).toMatchObject({
    chat_id: '42',
    parse_mode: 'HTML',
    text: '<b>PRACTICE: trading is stopped</b>\naway &lt;b&gt;&amp;',
    reply_markup: { inline_keyboard: [[{ text: 'Look', url: 'https://board.home/trader/' }]] },
  });
  const hook = at('/hook');
  const stamp = String(hook?.headers['x-timestamp']);
  const signature = createHmac('sha256', 'key-of-the-hook').update(`${stamp}.${hook?.text ?? ''}`);
  expect(hook?.headers['x-signature']).toBe(`sha256=${signature.digest('hex')}`);
  expect(JSON.parse(hook?.text ?? '')).toMatchObject({ type: 'trading-state', urgency: 'urgent' });
});

it('tries again as late as the service asks, and gives up what is refused', async () => {
  await open({ NOTICE_NTFY: `${receiver.url}/owner` });
  receiver.answers = [{ status: 429, headers: { 'retry-after': '120' } }, { status: 503 }];
  await halt('one');
  expect(await runJob()).toBe('0 sent, 1 to be tried again, 0 given up.');
  clock.advance(60_000);
  expect(await runJob()).toBe('0 sent, 0 to be tried again, 0 given up.');
  clock.advance(61_000);
  expect(await runJob()).toBe('0 sent, 1 to be tried again, 0 given up.');
  clock.advance(60_000);
  expect(await runJob()).toBe('1 sent, 0 to be tried again, 0 given up.');
  receiver.answers = [{ status: 403 }];
  clock.advance(1_000);
  await halt('two');
  expect(await runJob()).toBe('0 sent, 0 to be tried again, 1 given up.');
  expect(await dependencies.database.redis.llen(keys.gateway.noticesDead())).toBe(1);
  expect(await runJob()).toBe('0 sent, 0 to be tried again, 0 given up.');
});

it('keeps a token out of what it stores and says when nobody answers', async () => {
  await open({ NOTICE_TELEGRAM_CHAT: '42', NOTICE_TELEGRAM_URL: 'http://127.0.0.1:1' });
  await halt('test');
  await runJob();
  const stored = await dependencies.database.redis.hvals(keys.gateway.notices());
  expect(stored.join()).toContain('Telegram did not answer.');
  expect(stored.join()).not.toContain('secret');
});

it('leaves no connection to the queues open', async () => {
  await open({ NOTICE_NTFY: `${receiver.url}/owner` });
  const own = dependencies;
  await runJob();
  await open({});
  const connections = async () => {
    const list = String(await dependencies.database.redis.client('LIST'));
    return list.trim().split('\n').length;
  };
  await own.close();
  // Redis notices a closed connection when it looks at its socket next.
  for (let tries = 0; tries < 200 && (await connections()) > 1; tries += 1) await sleep(10);
  expect(await connections()).toBe(1);
});

const overviewAt = (fields: object) =>
  GetOverviewResponse.fromJSON({ trading: { practice: true, state: 'ACTIVE' }, ...fields });
const seconds = (iso: string) => ({ seconds: String(Date.parse(iso) / 1000), nanos: 0 });

describe('what is told', () => {
  const nowMs = Date.parse('2026-03-04T12:00:00Z');
  const none = { before: {}, after: {} };
  const kinds = (fields: object, at = nowMs, absences = none): string[] =>
    noticesOf({ overview: overviewAt(fields), nowMs: at, absences, withAmounts: true }).map(
      ({ kind }) => kind,
    );

  it('is a plan that waits, and once more at half time', () => {
    const proposal = {
      digest: 'd',
      state: 'PROPOSED',
      proposedAt: seconds('2026-03-04T10:00:00Z'),
      expiresAt: seconds('2026-03-05T10:00:00Z'),
    };
    const plan = { id: 'p', status: 'READY', actions: [{ side: 'BUY', quantity: 3, symbol: 'X' }] };
    expect(kinds({ proposal, plan })).toEqual(['plan-waiting']);
    expect(kinds({ proposal, plan }, Date.parse('2026-03-04T23:00:00Z'))).toEqual([
      'plan-waiting',
      'plan-reminder',
    ]);
    expect(kinds({ proposal: { ...proposal, state: 'REJECTED' }, plan })).toEqual([]);
  });

  it('is an order in trouble, a booking and a failed job of the last day', () => {
    const requestedAt = seconds('2026-03-04T11:00:00Z');
    const orders = [
      { tradeId: 'T-1', side: 'BUY', symbol: 'X', quantity: '1', state: 'UNKNOWN', requestedAt },
      { tradeId: 'T-2', side: 'BUY', symbol: 'X', quantity: '1', state: 'FILLED', requestedAt },
    ];
    const ledger = [
      { id: 'l', kind: 'dividend', symbol: 'X', happenedAt: requestedAt },
      { id: 'm', kind: 'dividend', symbol: 'X', happenedAt: seconds('2026-02-01T11:00:00Z') },
    ];
    const jobs = [{ name: 'backup', status: 'failed', lastError: 'disk full' }];
    expect(kinds({ orders, ledger, jobs })).toEqual(['order-trouble', 'job-failed', 'booking']);
  });

  it('is a service that is away for five minutes, and that it is back', () => {
    const minutesAgo = (minutes: number) => ({ trading: nowMs - minutes * 60_000 });
    expect(kinds({}, nowMs, { before: {}, after: minutesAgo(2) })).toEqual([]);
    expect(kinds({}, nowMs, { before: {}, after: minutesAgo(6) })).toEqual(['board-away']);
    expect(kinds({}, nowMs, { before: minutesAgo(9), after: {} })).toEqual(['board-back']);
    expect(kinds({}, nowMs, { before: minutesAgo(2), after: {} })).toEqual([]);
  });

  it('is a letter on Saturday mornings, without sums where they are private', () => {
    const value = { total: { amount: '100.00', currency: 'EUR' }, gainRatio: 0.05 };
    const [letter] = noticesOf({
      overview: overviewAt({ value, standing: { message: 'All is well.' } }),
      nowMs: Date.parse('2026-03-07T08:30:00Z'),
      absences: none,
      withAmounts: false,
    });
    expect(letter).toMatchObject({ kind: 'letter', key: 'letter:2026-03-07' });
    expect(letter?.text).toBe('All is well.\nGain on what you paid in +5.0 %.');
  });
});

describe('when it is told', () => {
  const quiet = { from: 22, until: 7 };
  it.each([
    ['2026-03-04T03:00:00Z', 'high', false],
    ['2026-03-04T03:00:00Z', 'urgent', true],
    ['2026-03-04T22:00:00Z', 'low', false],
    ['2026-03-04T07:00:00Z', 'low', true],
  ] as const)('at %s a notice that is %s goes: %s', (iso, urgency, goes) => {
    expect(mayGo(urgency, quiet, Date.parse(iso))).toBe(goes);
    expect(mayGo(urgency, { from: 0, until: 0 }, Date.parse(iso))).toBe(true);
  });

  it('pauses longer each time, up to an hour, and never shorter than was asked for', () => {
    expect([1, 2, 3, 20].map((attempts) => pauseMs(attempts, undefined))).toEqual([
      10_000, 20_000, 40_000, 3_600_000,
    ]);
    expect(pauseMs(1, 90_000)).toBe(90_000);
  });
});

describe('e-mail', () => {
  const notice = {
    key: 'trading-state:HALTED:1',
    kind: 'trading-state',
    urgency: 'urgent' as const,
    title: 'PRACTICE: trading is stopped',
    text: 'away <b>',
    at: '2026-03-04T12:00:00Z',
    practice: true,
    url: '',
  };
  const signal = AbortSignal.timeout(20_000);

  /** Speaks as much SMTP as a client needs. */
  async function mailServer(answerToMail = '250 ok') {
    let mail = '';
    const server = createTcpServer((socket: Socket) => {
      sockets.push(socket);
      let isData = false;
      socket.write('220 test\r\n');
      socket.on('data', (chunk) => {
        const text = String(chunk);
        if (isData) {
          mail += text;
          if (mail.endsWith('\r\n.\r\n')) isData = false;
          if (!isData) socket.write('250 queued\r\n');
        } else if (/^EHLO/.test(text)) socket.write('250 test\r\n');
        else if (/^MAIL/.test(text)) socket.write(`${answerToMail}\r\n`);
        else if (/^DATA/.test(text)) {
          isData = true;
          socket.write('354 go on\r\n');
        } else socket.write(/^QUIT/.test(text) ? '221 bye\r\n' : '250 ok\r\n');
      });
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const url = () => `smtp://127.0.0.1:${(server.address() as AddressInfo).port}?ignoreTLS=true`;
    return { url, mail: () => mail };
  }

  const servers: ReturnType<typeof createTcpServer>[] = [];
  const sockets: Socket[] = [];
  beforeEach(() => open({}));
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  it('goes out in text and HTML, named by its key', async () => {
    const server = await mailServer();
    const channel = emailChannel({
      from: 'trader@home.test',
      to: 'me@home.test',
      server: server.url,
    });
    await channel.send(notice, signal);
    const mail = server.mail();
    expect(mail).toContain('Subject: PRACTICE: trading is stopped');
    expect(mail).toContain('Auto-Submitted: auto-generated');
    expect(mail).toMatch(/Message-ID: <[0-9a-f]{32}@home\.test>/);
    expect(mail).toContain('text/plain');
    expect(mail).toContain('away &lt;b&gt;');
  });

  it.each([
    ['451 later', 'UNAVAILABLE'],
    ['550 never', 'REFUSED'],
  ])('answered with %s is %s', async (answer, code) => {
    const server = await mailServer(answer);
    const channel = emailChannel({ from: 'a@home.test', to: 'b@home.test', server: server.url });
    await expect(channel.send(notice, signal)).rejects.toMatchObject({ code });
  });
});
