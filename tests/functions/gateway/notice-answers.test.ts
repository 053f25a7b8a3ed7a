/** Plans that are approved or rejected by the buttons of a message. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { gateway } from '#shared/contract/gateway.ts';
import { exported, restoreInto, type ExportedKey } from '#shared/gateway/backup/export.ts';
import { ProposalStore } from '#shared/gateway/approval/proposal-store.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { FunctionHandler } from '#template/function.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import answerProposal from '../../../functions/gateway/answer-proposal/handler.ts';
import listNotices from '../../../functions/gateway/list-notices/handler.ts';
import testNotices from '../../../functions/gateway/test-notices/handler.ts';
import triggerJob from '../../../functions/gateway/trigger-job/handler.ts';
import triggerTradingCycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { Receiver } from '../../support/receiver.ts';

let redis: TestRedis;
let dataDir: string;
let receiver: Receiver;
let dependencies: Dependencies;
let clock = steppingClock('2024-06-27T09:00:00Z');
let runs = 0;
const seeded: ExportedKey[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  dataDir = await mkdtemp(join(tmpdir(), 'trader-answers-'));
  const secrets = join(dataDir, 'function-secrets', 'openfaas-fn');
  await mkdir(secrets, { recursive: true });
  await writeFile(join(secrets, 'telegram-token'), '123:secret\n');
  const seeding = await openTestDependencies(redis, {}, { now: clock.now });
  await seedMarket(seeding, 4, (_listed, index) => index < 12);
  const all = exported(seeding.database, new AbortController().signal);
  for await (const key of all) seeded.push(key);
  await seeding.close();
});
afterAll(async () => {
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listening();
});
afterEach(async () => {
  receiver.close();
  await dependencies.close();
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A plan waits, and both channels are configured. */
async function open(env: Record<string, string> = {}): Promise<void> {
  clock = steppingClock('2024-06-27T09:00:00Z');
  const inside = inProcess();
  const settings = {
    ...{ DATA_DIR: dataDir, PLAN_ORDERS_MAX: '4', NOTICE_APPROVE_MAX: '100000' },
    ...{ NOTICE_NTFY: `${receiver.url}/owner`, NOTICE_PAGE: 'https://board.home/trader/' },
    ...{ NOTICE_TELEGRAM_CHAT: '42', NOTICE_TELEGRAM_URL: receiver.url },
    ...env,
  };
  dependencies = await openTestDependencies(redis, settings, {
    now: () => clock.now(),
    transport: inside.transport,
  });
  inside.into(dependencies);
  await restoreInto(dependencies.database, each(seeded));
  const options = { signal: new AbortController().signal, requestId: 'climb' };
  const request = { level: 'ask', confirmation: 'I trust account default at level ask' };
  await dependencies.functions.call(gateway.setTrust, request, options);
  await supertest(endpointOf(triggerTradingCycle, dependencies))
    .post('/')
    .set('x-run-id', 'run-ask')
    .send({})
    .expect(200);
  expect(await state()).toBe('PROPOSED');
}

async function state(): Promise<string | undefined> {
  const [first] = await new ProposalStore(dependencies.database, DEFAULT_ACCOUNT).all();
  return first?.state;
}

async function runJob(): Promise<void> {
  runs += 1;
  await supertest(endpointOf(triggerJob, dependencies))
    .post('/')
    .set('x-run-id', `answers-${process.pid}-${runs}`)
    .send({ jobName: 'notices' })
    .expect(200);
}

interface Sent {
  readonly title?: string;
  readonly actions?: { label: string; url: string; body?: string }[];
  readonly reply_markup?: { inline_keyboard: { text: string; callback_data?: string }[][] };
}

const sentTo = (end: string): Sent[] =>
  receiver.received
    .filter(({ path }) => path.endsWith(end))
    .map(({ text }) => JSON.parse(text) as Sent);
const ntfyOfPlan = () => sentTo('/').find(({ title }) => title?.includes('waits for your answer'));
const buttons = () =>
  sentTo('/sendMessage')
    .flatMap((sent) => sent.reply_markup?.inline_keyboard ?? [])
    .flat();

function press(data: string, chat = 42, updateId = 7): void {
  const message = { message_id: 5, chat: { id: chat } };
  const pressed = { update_id: updateId, callback_query: { id: 'cb', data, message } };
  receiver.byPath.set('getUpdates', () => JSON.stringify({ ok: true, result: [pressed] }));
}

it('carries buttons to the phone, each of which works once, without another credential', async () => {
  await open();
  await runJob();
  const actions = ntfyOfPlan()?.actions ?? [];
  expect(actions.map(({ label }) => label)).toEqual(['Approve', 'Reject', 'Open']);
  expect(actions[1]?.url).toBe('https://board.home/function/gateway-answer-proposal');
  const answer = () =>
    supertest(endpointOf(answerProposal, dependencies))
      .post('/')
      .set('content-type', 'application/json')
      .send(actions[1]?.body ?? '');
  expect((await answer()).status).toBe(200);
  expect(await state()).toBe('REJECTED');
  expect((await answer()).status).toBe(403);
});

it('takes the button that was pressed in the chat, says what came of it, and takes it away', async () => {
  await open();
  await runJob();
  const reject = buttons().find(({ text }) => text === 'Reject');
  expect(reject?.callback_data).toMatch(/^[\w-]{22}$/);
  press(reject?.callback_data ?? '');
  await runJob();
  expect(await state()).toBe('REJECTED');
  expect(sentTo('/answerCallbackQuery')).toHaveLength(1);
  expect(sentTo('/editMessageReplyMarkup')).toEqual([{ chat_id: '42', message_id: 5 }]);
  expect(JSON.stringify(sentTo('/answerCallbackQuery'))).toContain('rejected');
  receiver.byPath.delete('getUpdates');
  await runJob();
  const offsets = sentTo('/getUpdates').map((one) => (one as { offset?: number }).offset);
  expect(offsets).toEqual([0, 0, 8]);
});

it('ignores a button that was pressed in another chat', async () => {
  await open();
  await runJob();
  const approve = buttons().find(({ text }) => text === 'Approve');
  press(approve?.callback_data ?? '', 43);
  await runJob();
  expect(await state()).toBe('PROPOSED');
  expect(sentTo('/answerCallbackQuery')).toEqual([]);
});

it.each([
  ['where nobody allowed it', { NOTICE_APPROVE_MAX: '0' }],
  ['of a plan that is worth more', { NOTICE_APPROVE_MAX: '10' }],
])('carries no buttons %s', async (_when, env) => {
  await open(env);
  await runJob();
  expect(ntfyOfPlan()?.actions?.map(({ label }) => label)).toEqual(['Open']);
  expect(new Set(buttons().map(({ text }) => text))).toEqual(new Set(['Open']));
  const [proposal] = await new ProposalStore(dependencies.database, DEFAULT_ACCOUNT).all();
  expect(proposal?.tokens).toEqual([]);
});

it('does not send a plan whose time was over while a channel was away', async () => {
  await open({ NOTICE_QUIET_HOURS: '0-0', NOTICE_ROUTES: '*=ntfy' });
  receiver.answers = [{ status: 503 }];
  await runJob();
  receiver.received.length = 0;
  clock.advance(3 * 86_400_000);
  await runJob();
  expect(ntfyOfPlan()).toBeUndefined();
});

it('tests each channel at once, and lists what could not be sent', async () => {
  await open({ NOTICE_ROUTES: '*=none,plan-waiting=ntfy', NOTICE_QUIET_HOURS: '0-23' });
  const ask = (handler: FunctionHandler, body: object) =>
    supertest(endpointOf(handler, dependencies)).post('/').send(body);
  const { body: both } = await ask(testNotices, {});
  expect(both).toEqual({
    results: [
      { channel: 'ntfy', delivered: true, message: '' },
      { channel: 'telegram', delivered: true, message: '' },
    ],
  });
  receiver.answers = [{ status: 401 }];
  const { body: one } = await ask(testNotices, { channel: 'ntfy' });
  expect(one).toEqual({
    results: [{ channel: 'ntfy', delivered: false, message: 'ntfy refused it with 401.' }],
  });
  expect((await ask(testNotices, { channel: 'email' })).status).toBe(404);
  await runJob();
  const { body: listed } = await ask(listNotices, {});
  expect(listed).toMatchObject({
    channels: ['ntfy', 'telegram'],
    waiting: [{ kind: 'plan-waiting', channel: 'ntfy' }],
  });
});
