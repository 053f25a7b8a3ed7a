/** Notices: what is reported, once, by which channel, and what becomes of one that is not taken. */
import { createHmac } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetOverviewResponse, OverviewJob, OverviewService } from '#protos/gen/overview.ts';
import { trading } from '#shared/contract/trading.ts';
import { emailChannel } from '#shared/clients/notices/email.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { conditionsAfter, type ConditionPeriods } from '#shared/gateway/model/conditions.ts';
import { localTime, mayGo, pauseMs } from '#shared/gateway/model/delivery.ts';
import { kindOfAlert, presentConditions } from '#shared/gateway/notices/condition-notices.ts';
import type { NoticeInputs } from '#shared/gateway/notices/notice.ts';
import { NoticeStore } from '#shared/gateway/notices/notice-store.ts';
import { noticesOf } from '#shared/gateway/notices/notices-of.ts';
import { alertTable } from '#shared/gateway/observe/alert-table.ts';
import { unreadAlerts } from '#shared/gateway/observe/firing-alerts.ts';
import { channelsFor } from '#shared/process/notice-kinds.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { readRequest } from '#shared/page/request.ts';
import { SignIn } from '#shared/page/sign-in.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import triggerJob from '../../../functions/gateway/trigger-job/handler.ts';
import request from 'supertest';
import { endpointOf, inProcess } from '../../support/host.ts';
import { Receiver } from '../../support/receiver.ts';
import { SmtpServer } from '../../support/endpoints/smtp-server.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

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
  const options = { signal: new AbortController().signal, requestId: reason };
  await dependencies.functions.call(trading.setTradingState, { state: 'HALTED', reason }, options);
}

const HALTED =
  'Nothing is bought or sold until it is lifted. It can wait for the morning: trader status says why.';

it('sends nothing where nothing is configured', async () => {
  await open({});
  await halt('test');
  expect(await runJob()).toBe('No channel is configured.');
  expect(receiver.received).toEqual([]);
});

it('reports a halt once, by every channel, with the fields of each service', async () => {
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
    title: 'PRACTICE: trading is halted',
    message: `Away <b>&. ${HALTED}`,
    priority: 5,
    click: 'https://board.home/trader/',
    actions: [{ action: 'view', label: 'Open', url: 'https://board.home/trader/' }],
  });
  expect(ntfy?.headers['authorization']).toBe('Bearer tk_secret');
  expect(JSON.parse(at('/bot123:secret/sendMessage')?.text ?? '')).toMatchObject({
    chat_id: '42',
    parse_mode: 'HTML',
    text: `<b>PRACTICE: trading is halted</b>\nAway &lt;b&gt;&amp;. ${HALTED}`,
    reply_markup: { inline_keyboard: [[{ text: 'Open', url: 'https://board.home/trader/' }]] },
  });
  const hook = at('/hook');
  const stamp = String(hook?.headers['x-timestamp']);
  const signature = createHmac('sha256', 'key-of-the-hook').update(`${stamp}.${hook?.text ?? ''}`);
  expect(hook?.headers['x-signature']).toBe(`sha256=${signature.digest('hex')}`);
  expect(JSON.parse(hook?.text ?? '')).toMatchObject({ type: 'trading-state', urgency: 'urgent' });
});

it('is sent once by each channel wherever the process ends, and twice at most where it was just sent', async () => {
  const mails = await new SmtpServer().listening();
  await writeFile(join(dataDir, 'function-secrets', 'openfaas-fn', 'smtp-url'), mails.url);
  const channels = {
    NOTICE_NTFY: `${receiver.url}/owner`,
    NOTICE_WEBHOOK: `${receiver.url}/hook`,
    NOTICE_TELEGRAM_CHAT: '42',
    NOTICE_TELEGRAM_URL: receiver.url,
    NOTICE_EMAIL_TO: 'me@home.test',
  };
  const posted = (path: string) => receiver.received.filter((one) => one.path === path);
  /** What came by each channel, with what names it to its receiver; Telegram has no such name. */
  const sent = (): Record<string, [text: string, name: unknown][]> => ({
    ntfy: posted('/').map(({ text }) => [text, (JSON.parse(text) as Sent).sequence_id]),
    webhook: posted('/hook').map(({ text, headers }) => [text, headers['idempotency-key']]),
    telegram: posted('/bot123:secret/sendMessage').map(({ text }) => [text, 'none']),
    email: mails.mails.map((text) => [text, /^Message-ID: (<.*>)/m.exec(text)?.[1]]),
  });
  const repeated = new Set<string>();
  let points = 0;
  for (let isWhole = false; !isWhole; points += 1) {
    const point = points;
    receiver.received.length = 0;
    mails.mails.length = 0;
    await open(channels);
    await halt(`at ${point}`);
    const { redis: client } = dependencies.database;
    const send = client.sendCommand.bind(client);
    let [writes, isOver] = [0, false];
    const spy = jest.spyOn(client, 'sendCommand').mockImplementation((command, ...rest) => {
      if (/^(evalsha|eval|hset|hdel|zadd|lpush|set)$/i.test(command.name)) writes += 1;
      isOver ||= writes > point;
      if (!isOver) return send(command, ...rest);
      command.reject(new Error('the process has ended'));
      return command.promise;
    });
    await runJob().catch(() => undefined);
    spy.mockRestore();
    isWhole = !isOver;
    clock.advance(3_600_000);
    await runJob();
    await runJob();
    for (const [channel, all] of Object.entries(sent())) {
      expect([point, channel, all.length >= 1, all.length <= (isWhole ? 1 : 2)]).toEqual([
        ...[point, channel, true, true],
      ]);
      expect(all.every(([text]) => text.includes('trading is halted'))).toBe(true);
      // What came twice has one name, so that the receiver can tell.
      const names = new Set(all.map(([, name]) => name));
      expect([channel, names.size, names.has(undefined)]).toEqual([channel, 1, false]);
      if (all.length > 1) repeated.add(channel);
    }
  }
  mails.close();
  expect(points).toBeGreaterThan(7);
  // The points between sending and noting it were among them, for each channel.
  expect([...repeated].sort()).toEqual(['email', 'ntfy', 'telegram', 'webhook']);
});

interface Sent {
  readonly sequence_id?: string;
}

it('tries again as late as the service asks, and gives up what is refused', async () => {
  await open({ NOTICE_NTFY: `${receiver.url}/owner` });
  receiver.answers = [{ status: 429, headers: { 'retry-after': '120' } }, { status: 503 }];
  await halt('one');
  expect(await runJob()).toBe('0 sent, 1 to be tried again, 0 given up.');
  clock.advance(60_000);
  expect(await runJob()).toBe('0 sent, 0 to be tried again, 0 given up.');
  clock.advance(61_000);
  expect(await runJob()).toBe('0 sent, 1 to be tried again, 0 given up.');
  clock.advance(120_000);
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
  // Redis notices a closed connection when it reads from its socket next.
  await until(async () => (await connections()) === 1);
});

it('reports a sign-in from a new device once, and an address that is locked', async () => {
  await open({ NOTICE_NTFY: `${receiver.url}/owner`, NOTICE_QUIET_HOURS: '0-23' });
  const signIn = new SignIn(dependencies);
  const credentials = { password: 'right', tokens: null };
  const from = (password: string, agent: string) =>
    signIn.begin(
      readRequest({
        ...{ method: 'POST', path: '/', query: new URLSearchParams() },
        body: Buffer.from(`do=sign-in&password=${password}`),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': agent,
          'x-forwarded-for': '192.0.2.7',
        },
      }),
      credentials,
      clock.now(),
    );
  await from('right', 'Firefox Linux');
  clock.advance(2 * 3_600_000);
  await from('right', 'Firefox Linux');
  for (let attempt = 0; attempt < 5; attempt += 1) await from('wrong', 'curl');
  await runJob();
  const titles = receiver.received.map(({ text }) => (JSON.parse(text) as { title: string }).title);
  expect(titles).toEqual([
    'PRACTICE: somebody signed in from a new device',
    'PRACTICE: wrong passwords were tried',
  ]);
});

const overviewAt = (fields: object) =>
  GetOverviewResponse.fromJSON({ trading: { practice: true, state: 'ACTIVE' }, ...fields });
const seconds = (iso: string) => ({ seconds: String(Date.parse(iso) / 1000), nanos: 0 });

describe('what is reported', () => {
  const nowMs = Date.parse('2026-03-04T12:00:00Z');
  const nothing = { began: new Map<string, number>(), ended: new Map<string, number>() };
  const noticesFor = (fields: object, more: Partial<NoticeInputs> = {}) =>
    noticesOf({
      ...{ overview: overviewAt(fields), proposals: [], nowMs, zone: 'UTC', conditions: [] },
      ...{ changed: nothing, withAmounts: true },
      ...more,
    });
  const kinds = (fields: object, more: Partial<NoticeInputs> = {}): string[] =>
    noticesFor(fields, more).map(({ kind }) => kind);
  const proposal = {
    ...{ planId: 'p', digest: 'd', state: 'PROPOSED' },
    proposedAt: seconds('2026-03-04T10:00:00Z'),
    expiresAt: seconds('2026-03-05T10:00:00Z'),
  };
  const plan = { id: 'p', status: 'READY', actions: [{ side: 'BUY', quantity: 3, symbol: 'X' }] };

  it('is a plan that waits, and once more at half time, in the zone of the owner', () => {
    expect(kinds({ proposal, plan })).toEqual(['plan-waiting']);
    const late = { nowMs: Date.parse('2026-03-04T23:00:00Z'), zone: 'Europe/Athens' };
    expect(kinds({ proposal, plan }, late)).toEqual(['plan-waiting', 'plan-reminder']);
    const [waiting] = noticesFor({ proposal, plan }, late);
    expect(waiting?.text).toContain('Until Thu 2026-03-05 12:00 (Europe/Athens)');
    expect(waiting?.untilMs).toBe(Date.parse('2026-03-05T10:00:00Z'));
    expect(kinds({ proposal: { ...proposal, state: 'REJECTED' }, plan })).toEqual([]);
  });

  it('is a plan that nobody answered', () => {
    const stored = {
      ...{ planId: 'p' as PlanId, digest: 'd', ordersHash: 'h', state: 'EXPIRED' as const },
      ...{ because: [], tokens: [], proposedAt: instantOf(nowMs - 9e7) },
      expiresAt: instantOf(nowMs - 60_000),
    };
    expect(kinds({}, { proposals: [stored] })).toEqual(['plan-expired']);
    const answered = { ...stored, answeredAt: instantOf(nowMs) };
    expect(kinds({}, { proposals: [answered] })).toEqual([]);
  });

  it('is an order in trouble, a plan that was carried out, and a booking of the last day', () => {
    const requestedAt = seconds('2026-03-04T11:00:00Z');
    const orders = [
      { tradeId: 'T-1', side: 'BUY', symbol: 'Y', quantity: '1', state: 'UNKNOWN', requestedAt },
      { tradeId: 'T-2', side: 'BUY', symbol: 'X', quantity: '1', state: 'FILLED', requestedAt },
    ];
    const ledger = [
      { id: 'l', kind: 'dividend', symbol: 'X', happenedAt: requestedAt },
      { id: 'm', kind: 'dividend', symbol: 'X', happenedAt: seconds('2026-02-01T11:00:00Z') },
    ];
    const done = { ...plan, status: 'COMPLETED' };
    const found = { orders, ledger, plan: done };
    expect(kinds(found)).toEqual(['order-trouble', 'orders-done', 'booking']);
    expect(noticesFor(found)[1]).toMatchObject({
      title: 'PRACTICE: the plan was carried out',
      text: '1 of 1 order filled: buy 3 X.',
    });
    const both = {
      ...done,
      actions: [...done.actions, { side: 'SELL', quantity: 2, symbol: 'Z' }],
    };
    expect(noticesFor({ orders, plan: both })[1]).toMatchObject({
      title: 'PRACTICE: the plan was carried out in part',
      text: '1 of 2 orders filled: buy 3 X. Not filled: sell 2 Z. The next cycle plans anew.',
    });
  });

  it.each(['REJECTED', 'UNKNOWN', 'NEEDS_HUMAN'])(
    'says of an order that is %s what it means for the money, and that it can wait',
    (state) => {
      const requestedAt = seconds('2026-03-04T11:00:00Z');
      const order = { tradeId: 'T', side: 'BUY', symbol: 'Y', quantity: '1', state, requestedAt };
      const [found] = noticesFor({ orders: [{ ...order, message: 'timed out' }] });
      expect(found?.text).toMatch(/^Timed out\. .*(Nothing was bought|never sent again).*can wait/);
      expect(found?.text.length).toBeLessThanOrEqual(400);
    },
  );

  it.each([
    ['HALTED', 'Nothing is bought or sold', '2 orders at the broker can still fill'],
    ['REDUCING', 'Sales are sent, purchases are not', '2 orders at the broker can still fill'],
    ['ACTIVE', 'Purchases and sales are sent again', 'If you did not do this: trader halt'],
  ])('says what it means that trading is %s', (state, means, open) => {
    const orders = [{ tradeId: 'A' }, { tradeId: 'B' }];
    const changedAt = seconds('2026-03-04T11:00:00Z');
    const reasons = state === 'ACTIVE' ? [] : ['the clock is wrong'];
    const trading = { state, changedAt, reasons, openOrders: orders, practice: true };
    const [found] = noticesFor({ trading });
    expect(found?.text).toContain(means);
    expect(found?.text).toContain(open);
    if (state !== 'ACTIVE') expect(found?.text).toMatch(/^The clock is wrong\. .*can wait/);
  });

  it('is each condition of the alert table that no event reports in more detail', () => {
    const samples = Object.fromEntries(alertTable.map(({ name }) => [name, kindOf(name)]));
    expect(samples).toEqual({
      ...{ TraderStateLost: 'state-lost', TraderBookNotReconciled: 'book-differs' },
      ...{ TraderRedisNotPersistent: 'redis-not-persistent', TraderRedisFull: 'redis-full' },
      ...{ TraderRedisNotSynced: 'redis-not-persistent', TraderRedisMayEvict: 'redis-full' },
      TraderRedisReplicaMissing: 'redis-replica-missing',
      ...{ TraderDiskReadOnly: 'disk-full', TraderCertificateRefused: 'certificate-ends' },
      ...{ TraderQueueNotWorked: 'queue-stuck', TraderConnectorSilent: 'queue-stuck' },
      TraderLogNotWritten: 'log-not-written',
      ...{ TraderServiceSlow: 'service-slow', TraderStatePartUnread: 'metrics-missing' },
      ...{ TraderRedisWriteFailed: 'redis-not-persistent', TraderPricesStale: 'prices-stale' },
      ...{ TraderRatesStale: 'rates-stale', TraderPricesInDoubt: 'prices-stale' },
      ...{ TraderSuspectedSplit: 'suspected-split', TraderQueueStuck: 'queue-stuck' },
      ...{ TraderBookDiffers: 'book-differs', TraderDeadLetters: 'dead-letters' },
      ...{ TraderRunsFailed: 'failed-runs', TraderBackupFailed: 'backup-failed' },
      ...{ TraderBackupOld: 'backup-failed', TraderDiskFull: 'disk-full' },
      ...{ TraderUndeclaredCall: 'undeclared-call', TraderScheduleMissing: 'schedule-missing' },
      ...{ TraderCertificateEnds: 'certificate-ends', TraderClockWrong: 'clock-wrong' },
      // Reported as events, with their details.
      ...{ TraderHalted: undefined, TraderOrderUnresolved: undefined },
      ...{ TraderOrderNeedsHuman: undefined, TraderServiceUnhealthy: undefined },
      ...{ TraderOrderOutcomeUnknown: undefined, TraderJobFailed: undefined },
      // It could not be stored.
      ...{ TraderRedisAway: undefined, TraderPlanWaits: undefined },
    });
  });

  const kindOf = (alert: string) => {
    const row = alertTable.find(({ name }) => name === alert);
    return row && kindOfAlert(row);
  };

  it('names the condition and its runbook, and says when it is over', () => {
    const row = alertTable.find(({ name }) => name === 'TraderSuspectedSplit');
    const alerts = row ? [{ row, labels: { kind: 'suspected-split' }, value: 1 }] : [];
    const conditions = presentConditions(alerts, [], []);
    const name = 'TraderSuspectedSplit:suspected-split';
    const began = { ...nothing, began: new Map([[name, nowMs]]) };
    const [split] = noticesFor({}, { conditions, changed: began });
    expect(split).toMatchObject({
      kind: 'suspected-split',
      title: 'PRACTICE: a security may have been split; it is held back until its owner answers',
    });
    expect(split?.text).toContain('docs/runbooks/suspected-split.md');
    const ended = { ...nothing, ended: new Map([[name, nowMs]]) };
    expect(kinds({}, { changed: ended })).toEqual(['resolved']);
  });

  it('says of every condition what it means, whether it can wait, and what to do, in 400 characters', () => {
    for (const row of alertTable.filter((one) => kindOfAlert(one) !== undefined)) {
      const [found] = presentConditions([{ row, labels: {}, value: 1 }], [], []);
      const text = found?.text ?? '';
      expect([row.name, text.length <= 400]).toEqual([row.name, true]);
      expect([row.name, text]).toEqual([
        row.name,
        expect.stringMatching(/wait|trader halt|[Ff]ree (some|the)|before the next/),
      ]);
      expect(text).toMatch(/^[A-Z].*\. Step by step: docs\/runbooks\/[a-z-]+\.md\.$/);
    }
    const away = { name: 'planning', board: 'thinker', healthy: false, status: 'no answer.' };
    const [service] = presentConditions([], [OverviewService.fromPartial(away)], []);
    expect(service?.text).toMatch(/^No answer\. What needs it waits; .*board-away\.md\.$/);
    const failed = OverviewJob.fromPartial({ name: 'score-refresh', status: 'failed' });
    expect(presentConditions([], [], [failed])[0]?.text).toMatch(/^It gave no reason\. .*can wait/);
  });

  it('reports a job that failed once, by the alert where there is one', () => {
    const job = (name: string) => OverviewJob.fromPartial({ name, status: 'failed' });
    const names = presentConditions([], [], [job('backup'), job('score-refresh'), job('notices')]);
    expect(names.map(({ name }) => name)).toEqual(['job-failed:score-refresh']);
  });

  it('is a letter on Saturday mornings, without sums where they are private', () => {
    const value = { total: { amount: '100.00', currency: 'EUR' }, gainRatio: 0.05 };
    const fields = { value, standing: { message: 'All is well.' } };
    const letterAt = (iso: string, zone = 'UTC') =>
      noticesFor(fields, { nowMs: Date.parse(iso), zone, withAmounts: false });
    const [letter] = letterAt('2026-03-07T08:30:00Z');
    expect(letter).toMatchObject({ kind: 'letter', key: 'letter:2026-03-07' });
    expect(letter?.text).toBe(
      'All is well.\nOn what you paid in: gain +5.0 %.\nThis week: 0 bought, 0 sold, 0 dividends.',
    );
    expect(letterAt('2026-03-07T07:30:00Z')).toEqual([]);
    expect(letterAt('2026-03-07T07:30:00Z', 'Europe/Athens')).toHaveLength(1);
  });
});

describe('a condition', () => {
  const minute = 60_000;
  const away = [{ name: 'board-away:trading', forSeconds: 300 }];
  const stale = [{ name: 'TraderPricesStale:', forSeconds: 0 }];

  it('is reported once when it has lasted long enough, and once when it is over', () => {
    let periods: ConditionPeriods = {};
    const at = (minutes: number, present: typeof away) => {
      const changed = conditionsAfter(periods, present, minutes * minute);
      ({ periods } = changed);
      return [[...changed.began.keys()].length, [...changed.ended.keys()].length];
    };
    expect([at(0, away), at(4, away), at(5, away), at(6, away)]).toEqual([
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
    expect([at(7, []), at(8, [])]).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });

  it('that was stored under the former names of its fields is not reported again', async () => {
    await open({});
    const stored = { 'board-away:trading': { sinceMs: 0, isTold: true, told: 1, lastToldMs: 5 } };
    const key = keys.gateway.noticeConditions();
    const { redis: client } = dependencies.database;
    await client.hset(key, { version: '1', json: JSON.stringify(stored) });
    const { periods } = await new NoticeStore(dependencies.database).conditions();
    expect(periods).toEqual({
      'board-away:trading': { sinceMs: 0, isReported: true, reportCount: 1, lastReportedMs: 5 },
    });
    expect([...conditionsAfter(periods, away, 9 * minute).began]).toEqual([]);
  });

  it('goes on while it cannot be found out whether it holds', () => {
    const { periods } = conditionsAfter({}, stale, 0);
    const unknown = conditionsAfter(periods, [], minute, () => true);
    expect([[...unknown.began], [...unknown.ended]]).toEqual([[], []]);
    expect([...conditionsAfter(unknown.periods, stale, 2 * minute).began]).toEqual([]);
    expect([...conditionsAfter(unknown.periods, [], 2 * minute).ended.keys()]).toEqual([
      'TraderPricesStale:',
    ]);
  });

  it('is not over where its part of the metrics could not be read', () => {
    const unread = (part: string, value: number) => ({
      ...{ name: 'trader_state_part_unread' as const, labels: { part }, value },
    });
    const names = unreadAlerts([unread('book', 1), unread('market', 0), unread('disk', 1)]);
    const ofDisk = ['TraderDiskFull', 'TraderDiskReadOnly', 'TraderLogNotWritten'];
    expect([...names]).toEqual(['TraderBookDiffers', ...ofDisk]);
  });

  it('is not reported where it was over before it had lasted', () => {
    const { periods } = conditionsAfter({}, away, 0);
    expect(conditionsAfter(periods, [], 2 * minute).ended.size).toBe(0);
  });

  it('that comes and goes is reported after 15 minutes, then 30, 60, …', () => {
    let periods: ConditionPeriods = {};
    const reports: number[] = [];
    for (let now = 0; now <= 120; now += 1) {
      const changed = conditionsAfter(periods, now % 2 === 0 ? stale : [], now * minute);
      ({ periods } = changed);
      if (changed.began.size > 0) reports.push(now);
    }
    expect(reports).toEqual([0, 16, 46, 106]);
  });
});

describe('when it is sent', () => {
  const quiet = { from: 22, until: 7 };
  it.each([
    [3, false, false],
    [3, true, true],
    [22, false, false],
    [7, false, true],
  ] as const)('at %s o’clock a notice, urgent: %s, goes: %s', (hour, isUrgent, goes) => {
    expect(mayGo(isUrgent, quiet, hour)).toBe(goes);
    expect(mayGo(isUrgent, { from: 0, until: 0 }, hour)).toBe(true);
  });

  it('counts the hours where the owner lives, also when the clocks change', () => {
    const at = (iso: string, zone: string) => localTime(Date.parse(iso), zone).text;
    expect(at('2026-03-29T00:30:00Z', 'Europe/Berlin')).toBe('Sun 2026-03-29 01:30');
    expect(at('2026-03-29T01:30:00Z', 'Europe/Berlin')).toBe('Sun 2026-03-29 03:30');
    expect(at('2026-01-01T00:05:00Z', 'America/New_York')).toBe('Wed 2025-12-31 19:05');
  });

  it('pauses longer each time, up to an hour, and never shorter than was asked for', () => {
    expect([1, 2, 3, 20].map((attempts) => pauseMs(attempts, undefined))).toEqual([
      60_000, 120_000, 240_000, 3_600_000,
    ]);
    expect(pauseMs(1, 90_000)).toBe(90_000);
  });
});

describe('which channels get it', () => {
  const routes = (text: string) => parseSettings({ NOTICE_ROUTES: text }).noticeRoutes;
  const both = ['ntfy', 'email'] as const;

  it.each([
    ['*=all', 'booking', ['ntfy', 'email']],
    ['letter=email', 'letter', ['email']],
    ['letter=email', 'booking', ['ntfy', 'email']],
    ['booking=none,*=ntfy', 'booking', []],
    ['*=ntfy+telegram', 'letter', ['ntfy']],
    // Urgent ones always reach somebody.
    ['*=none', 'trading-state', ['ntfy', 'email']],
    ['trading-state=telegram', 'trading-state', ['ntfy', 'email']],
  ] as const)('with %s a %s goes to %j', (text, kind, channels) => {
    expect(channelsFor(kind, both, routes(text))).toEqual(channels);
  });

  it.each([
    ['letters=email', 'is no kind of notice'],
    ['letter=pigeon', 'is no channel'],
    ['trading-state=none', 'cannot be switched off'],
  ])('%s stops the start', (text, why) => {
    expect(() => routes(text)).toThrow(why);
    expect(() => routes(text)).toThrow('NOTICE_ROUTES');
  });

  it('knows time zones', () => {
    expect(() => parseSettings({ NOTICE_ZONE: 'Europe/Nowhere' })).toThrow('NOTICE_ZONE');
  });
});

describe('e-mail', () => {
  const notice = {
    key: 'trading-state:HALTED:1',
    kind: 'trading-state',
    urgency: 'urgent' as const,
    title: 'PRACTICE: trading is halted',
    text: 'away <b>',
    at: '2026-03-04T12:00:00Z',
    practice: true,
    url: '',
  };
  const signal = new AbortController().signal;

  const servers: SmtpServer[] = [];
  const mailServer = async (answerToMail?: string) => {
    const server = await new SmtpServer(answerToMail).listening();
    servers.push(server);
    return server;
  };
  beforeEach(() => open({}));
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('goes out in text and HTML, named by its key', async () => {
    const server = await mailServer();
    const channel = emailChannel({
      from: 'trader@home.test',
      to: 'me@home.test',
      server: () => server.url,
    });
    await channel.send(notice, signal);
    const [mail] = server.mails;
    expect(mail).toContain('Subject: PRACTICE: trading is halted');
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
    const channel = emailChannel({
      from: 'a@home.test',
      to: 'b@home.test',
      server: () => server.url,
    });
    await expect(channel.send(notice, signal)).rejects.toMatchObject({ code });
  });
});
