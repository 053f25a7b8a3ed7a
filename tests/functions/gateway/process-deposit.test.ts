import supertest from 'supertest';
import type { ProcessDepositResponse } from '#protos/gen/gateway.ts';
import type { Broker } from '#shared/clients/broker/broker.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { cycleIdOf } from '#shared/gateway/cycle/cycle-run.ts';
import { DepositStore } from '#shared/gateway/deposit-store.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import setTrust from '../../../functions/gateway/set-trust/handler.ts';
import deposit from '../../../functions/gateway/process-deposit/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import openAccount from '../../../functions/portfolio/open-account/handler.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const signal = new AbortController().signal;
let redis: TestRedis;
let dependencies: Dependencies;
const clock = steppingClock('2024-06-27T09:00:00Z');

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  const inside = inProcess();
  const { transport } = inside;
  dependencies = await openTestDependencies(redis, {}, { now: clock.now, transport });
  inside.into(dependencies);
});
afterEach(() => dependencies.close());

const pay = (body: object, key = 'salary-june', within: Dependencies = dependencies) =>
  supertest(endpointOf(deposit, within)).post('/').set('idempotency-key', key).send(body);
const euros = (amount: string) => ({ amount: { amount, currency: 'EUR' } });
const answered = async (body: object, key?: string): Promise<ProcessDepositResponse> => {
  const response = await pay(body, key);
  expect(response.body).not.toHaveProperty('code');
  return response.body as ProcessDepositResponse;
};

it('deposits, books it, and answers the new balance', async () => {
  const answer = await answered(euros('500.00'));
  expect(answer).toMatchObject({
    success: true,
    transactionId: expect.stringMatching(/^deposit-[0-9a-f]{16}$/),
    newCashBalance: { amount: '25500.00', currency: 'EUR' },
    message: 'EUR 500.00 is booked.',
    cycleId: '',
  });
  const stored = await new DepositStore(dependencies.database).find(
    DEFAULT_ACCOUNT,
    answer.transactionId,
  );
  expect(stored).toMatchObject({ state: 'paid-in', recordedAt: clock.now() });
});

it('books one key once, however often it is called', async () => {
  const first = await answered(euros('500.00'));
  expect(await answered(euros('500.00'))).toEqual(first);
  const other = await answered(euros('500.00'), 'salary-july');
  expect(other.transactionId).not.toBe(first.transactionId);
  expect(other.newCashBalance?.amount).toBe('26000.00');
});

it('refuses one key with another amount as KEY_REUSED', async () => {
  await answered(euros('500.00'));
  const { status, body } = await pay(euros('600.00'));
  expect({ status, body }).toMatchObject({ status: 409, body: { code: 'KEY_REUSED' } });
});

it.each([
  ['no amount', {}, 'amount'],
  ['nothing', euros('0.00'), 'amount'],
  ['a negative amount', euros('-5.00'), 'amount'],
  ['more than the largest deposit', euros('1000000.01'), 'amount'],
  ['an absurd amount', euros('9'.repeat(18)), 'amount'],
  ['another currency', { amount: { amount: '5.00', currency: 'USD' } }, 'amount.currency'],
  ['an unknown currency', { amount: { amount: '5.00', currency: 'XXA' } }, 'amount'],
  ['fractions of a cent', euros('5.001'), 'amount'],
  ['an unknown field', { ...euros('5.00'), memo: 'hi' }, 'memo'],
])('refuses %s', async (_case, request, field) => {
  const { status, body } = await pay(request);
  expect({ status, body }).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', field } });
});

it('queues a cycle that invests it and sells nothing', async () => {
  const answer = await answered({ ...euros('500.00'), autoInvest: true });
  const [run] = await dependencies.runs.pending(gateway.triggerTradingCycle);
  expect(JSON.parse(run?.body ?? '')).toEqual({ buysOnly: true });
  expect(answer.cycleId).toBe(cycleIdOf(run?.run ?? ''));
  expect(answer.message).toBe(`EUR 500.00 is booked. The cycle ${answer.cycleId} invests it.`);
});

it('books it also while another cycle runs, and says what invests it', async () => {
  await dependencies.runs.add(gateway.triggerTradingCycle, '{}', 'a-cycle', 'r');
  const answer = await answered({ ...euros('500.00'), autoInvest: true });
  expect(answer).toMatchObject({
    success: true,
    cycleId: '',
    message: 'EUR 500.00 is booked. Another trading cycle runs; the next one will invest it.',
  });
});

it.each([
  ['simulated', 'invests it.'],
  ['paper', 'invests it.'],
  ['ask', 'plans how to invest it, and asks first: the level of trust is "ask".'],
  ['within-limits', 'invests it, or asks where its plan exceeds a limit of the policy.'],
])('says what the cycle does with it at the level of trust %s', async (level, what) => {
  const document = 'trust: { orderValueMax: 1000, dayValueMax: 2000 }\n';
  await supertest(endpointOf(updatePolicy, dependencies))
    .post('/')
    .set('idempotency-key', 'limits')
    .send({ document })
    .expect(200);
  const confirmation = `I trust account ${DEFAULT_ACCOUNT} at level ${level}`;
  const granted = await supertest(endpointOf(setTrust, dependencies))
    .post('/')
    .set('idempotency-key', `trust-${level}`)
    .send({ level, confirmation, setBy: 'owner', reason: 'a test' });
  expect(granted.status).toBe(200);
  const { message, cycleId } = await answered({ ...euros('500.00'), autoInvest: true });
  expect(message).toBe(`EUR 500.00 is booked. The cycle ${cycleId} ${what}`);
});

it('starts no cycle for another account, and says that the cash stays there', async () => {
  const opened = await supertest(endpointOf(openAccount, dependencies))
    .post('/')
    .set('idempotency-key', 'open-second')
    .send({ accountId: 'second', openingCash: { amount: '10.00', currency: 'EUR' } });
  expect(opened.status).toBe(200);
  const answer = await answered({ ...euros('500.00'), accountId: 'second', autoInvest: true });
  expect(answer).toMatchObject({
    cycleId: '',
    newCashBalance: { amount: '510.00' },
    message:
      'EUR 500.00 is booked. It stays in cash: trading cycles invest in the account default alone.',
  });
  expect(await dependencies.runs.pending(gateway.triggerTradingCycle)).toEqual([]);
});

const cash = () =>
  dependencies.functions.call(portfolio.getCashBalance, {}, { signal, requestId: 'test' });

it('records it as pending at a broker that it cannot fund', async () => {
  const { funding, ...rest } = Object.assign(Object.create(dependencies.broker) as Broker, {});
  void funding;
  const real = { ...rest, name: 'real', simulated: false } as Broker;
  const within = { ...dependencies, broker: real, now: dependencies.now };
  const { body } = await pay({ ...euros('500.00'), autoInvest: true }, 'salary-june', within);
  const answer = body as ProcessDepositResponse;
  expect(answer).toMatchObject({ success: true, cycleId: '' });
  expect(answer.message).toBe('EUR 500.00 is awaited from the bank.');
  const stored = await new DepositStore(dependencies.database).find(
    DEFAULT_ACCOUNT,
    answer.transactionId,
  );
  expect(stored?.state).toBe('pending');
  expect((await cash()).pendingDeposits).toEqual({ amount: '500.00', currency: 'EUR' });

  // The bank's money arrives: the broker's statement shows it, and the book has it.
  const paid = Money.parse('500.00', 'EUR');
  await dependencies.broker.funding?.deposit(DEFAULT_ACCOUNT, 'bank', paid, signal);
  await dependencies.functions.call(
    portfolio.updatePositions,
    { forceSync: true },
    { signal, requestId: 'test' },
  );
  expect((await cash()).pendingDeposits).toEqual({ amount: '0.00', currency: 'EUR' });
});
