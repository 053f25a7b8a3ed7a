import { setTimeout as sleep } from 'node:timers/promises';
import supertest from 'supertest';
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { linesOf } from '#shared/clients/answer-body.ts';
import type { FunctionCall, Transport } from '#shared/clients/functions-client.ts';
import { CycleStore } from '#shared/gateway/cycle-store.ts';
import { cycleIdOf } from '#shared/gateway/cycle/cycle-run.ts';
import { exported, restoreInto, type ExportedKey } from '#shared/gateway/backup/export.ts';
import { present } from '#shared/kernel/assert.ts';
import { Failure, refused } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { keys } from '#shared/redis/keys.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { DependencyParts } from '#shared/runtime/dependencies.ts';
import { allLocal, type Place } from '#shared/placement/placement.ts';
import cycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import getPlan from '../../../functions/planning/get-plan/handler.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import { endpointOf, inProcess, listen } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let calls: FunctionCall[];
/** Stands in front of the functions; answers undefined to let a call through. */
let intercept: (call: FunctionCall) => ReturnType<Transport> | undefined;
/** The functions themselves. */
let through: Transport;
const clock = steppingClock('2024-06-27T09:00:00Z');

/** What the market store holds; each test begins with a copy. */
const seeded: ExportedKey[] = [];
let listed: readonly ListedSecurity[];

beforeAll(async () => {
  redis = await startTestRedis();
  const seeding = await openTestDependencies(redis, {}, { now: clock.now });
  listed = await seedMarket(seeding, 4, (_listed, index) => index < 12);
  const keysNow = exported(seeding.database, new AbortController().signal);
  for await (const key of keysNow) seeded.push(key);
  await seeding.close();
});
afterAll(() => redis.stop());

async function openDependencies(
  env: Record<string, string> = {},
  parts: DependencyParts = {},
): Promise<void> {
  const inside = inProcess();
  through = inside.transport;
  const transport: Transport = (call) => {
    calls.push(call);
    return intercept(call) ?? inside.transport(call);
  };
  const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '5', ...env };
  dependencies = await openTestDependencies(redis, small, { now: clock.now, transport, ...parts });
  inside.into(dependencies);
  await restoreInto(dependencies.database, each(seeded));
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

beforeEach(async () => {
  calls = [];
  intercept = () => undefined;
  await openDependencies();
});
afterEach(() => dependencies.close());

/** Carries a call out and keeps its answer back. */
async function executed(call: FunctionCall): Promise<void> {
  const answer = await through(call);
  for await (const _chunk of answer.body);
}

/** The plan as if it had been made when every price was two thirds of today's. */
async function* cheaper(body: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  for await (const line of linesOf(body)) {
    const update = JSON.parse(line) as {
      plan?: { actions: { estimatedPrice: { amount: string } }[] };
    };
    for (const { estimatedPrice } of update.plan?.actions ?? [])
      estimatedPrice.amount = (Number(estimatedPrice.amount) / 1.5).toFixed(4);
    yield `${JSON.stringify(update)}\n`;
  }
}

interface Answer {
  readonly status: number;
  readonly updates: TradingCycleUpdate[];
  readonly failure: { code: string; message: string } | undefined;
}

async function runCycle(body: object, run = 'run-1'): Promise<Answer> {
  const response = await supertest(endpointOf(cycle, dependencies))
    .post('/')
    .set({ accept: 'application/x-ndjson', 'x-run-id': run })
    .buffer(true)
    .parse((stream, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += String(chunk)));
      stream.on('end', () => done(null, text));
    })
    .send(body);
  const lines = String(response.body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TradingCycleUpdate & Answer);
  return {
    status: response.status,
    updates: lines.filter((line) => line.step !== undefined),
    // One that fails before its first message is answered as a failure alone.
    failure:
      response.status === 200
        ? lines.find((line) => line.failure)?.failure
        : (lines[0] as unknown as Answer['failure']),
  };
}

const called = (name: string) => calls.filter((call) => call.name === name);
const lastOf = ({ updates, failure }: Answer): TradingCycleUpdate => {
  expect(failure).toBeUndefined();
  return present(updates.at(-1), 'a cycle reports something');
};
const resultOf = (answer: Answer) => present(lastOf(answer).result, 'the last message has it');
const history = async () => {
  const { body } = await supertest(endpointOf(getHistory, dependencies)).post('/').send({});
  return body as { executions: { tradeId: string; state: string }[]; total: number };
};
const statusOfPlan = async (planId: string): Promise<string> => {
  const { body } = await supertest(endpointOf(getPlan, dependencies)).post('/').send({ planId });
  return (body as { plan: { status: string } }).plan.status;
};

describe('a trading cycle', () => {
  it('invests the cash, step by step, and accounts for it', async () => {
    const answer = await runCycle({});
    const last = lastOf(answer);
    const result = resultOf(answer);
    expect(answer.updates.filter(({ complete }) => complete)).toEqual([last]);
    const steps = [...new Set(answer.updates.map(({ step }) => step))];
    expect(steps).toEqual([
      'sync-positions',
      'sync-prices',
      'snapshot',
      'score',
      'optimise',
      'plan',
      'validate',
      'execute',
      'book',
      'report',
    ]);
    const percentages = answer.updates.map(({ progressPct }) => progressPct);
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b));
    expect(last).toMatchObject({ progressPct: 100, error: '', cycleId: cycleIdOf('run-1') });
    expect(result.success).toBe(true);
    expect(result.tradesExecuted).toBeGreaterThan(0);
    expect(result.trades).toHaveLength(present(result.plan, 'a plan').actions.length);
    expect(result.before).toMatchObject({ cash: { amount: '25000.00', currency: 'EUR' } });
    expect(result.before?.holdings).toEqual([]);
    const weights = (result.after?.holdings ?? []).reduce((sum, one) => sum + one.weightRatio, 0);
    expect(weights).toBeGreaterThan(0.3);
    expect(weights).toBeLessThan(1);
    // Cash that left the account is what was invested and what it cost.
    const euros = (amount: { amount: string; currency: string } | undefined): Money =>
      Money.parse(amount?.amount ?? '', amount?.currency ?? '');
    expect(euros(result.before?.cash).subtract(euros(result.after?.cash))).toEqual(
      euros(result.totalInvested).add(euros(result.totalCost)),
    );
    expect(await statusOfPlan(present(result.plan, 'a plan').id)).toBe('COMPLETED');
    expect((await history()).total).toBe(result.trades.length);
  });

  it('shows in a dry run what it would send, and sends nothing', async () => {
    const answer = await runCycle({ dryRun: true });
    const result = resultOf(answer);
    expect(result).toMatchObject({ dryRun: true, success: true, trades: [], tradesExecuted: 0 });
    expect(result.plan?.actions.length).toBeGreaterThan(0);
    expect(result.after).toEqual(result.before);
    expect(called('trading-execute-trade')).toEqual([]);
    expect((await history()).total).toBe(0);
    expect(lastOf(answer).message).toMatch(/^A dry run: \d+ orders? would be sent/);
  });

  it('sends each order under the key of its place in the plan', async () => {
    const { plan } = resultOf(await runCycle({}));
    const sent = called('trading-execute-trade').map((call) => call.idempotencyKey);
    expect(sent).toEqual(plan?.actions.map((_action, index) => `${plan.id}-${index}`));
  });

  it('sells first, books the sales, and then buys with what they brought', async () => {
    await dependencies.close();
    await openDependencies({ PAPER_OPENING_CASH: '1000' });
    const overweight = present(listed[0], 'the sample lists securities');
    await dependencies.broker.funding?.adopt(
      DEFAULT_ACCOUNT,
      [{ isin: overweight.isin, symbol: overweight.symbol, quantity: parseQuantity(200) }],
      new AbortController().signal,
    );
    const answer = await runCycle({});
    const { trades, success, before, after } = resultOf(answer);
    expect(success).toBe(true);
    expect(trades[0]).toMatchObject({ side: 'SELL', symbol: overweight.symbol });
    expect(trades.at(-1)?.side).toBe('BUY');
    const messages = answer.updates.map(({ message }) => message);
    expect(messages).toContainEqual(
      expect.stringMatching(/^The sales are booked; EUR [\d.]+ is free/),
    );
    const weight = (snapshot: typeof before): number =>
      snapshot?.holdings.find(({ isin }) => isin === overweight.isin)?.weightRatio ?? 0;
    expect(weight(after)).toBeLessThan(weight(before));
  });

  it('queries the broker for every order that is not final', async () => {
    const { isin, currency } = present(listed[0], 'the market lists securities');
    const quote = present(
      await new StoredMarket(dependencies.database).quote(isin as Isin),
      'it is priced',
    );
    const amount = (quote.price.toEstimate() * 0.97).toFixed(2);
    const waiting = await supertest(endpointOf(executeTrade, dependencies))
      .post('/')
      .send({
        ...{ isin, side: 'BUY', quantity: 1, orderType: 'LIMIT', timeInForce: 'GTC' },
        limitPrice: { amount, currency },
      });
    expect(waiting.body).toMatchObject({ status: 'PENDING' });
    calls = [];
    await runCycle({});
    const asked = calls.filter(({ name }) => name === 'trading-get-trade-status');
    // Before it plans; its own orders are asked for at its end.
    expect(JSON.parse(String(asked[0]?.body))).toEqual({ tradeId: waiting.body.tradeId });
  });

  it('says so when there is nothing to trade with', async () => {
    await dependencies.close();
    await openDependencies({ PAPER_OPENING_CASH: '0' });
    const answer = await runCycle({});
    expect(lastOf(answer).message).toBe(
      'The account holds nothing and has no cash; there is nothing to trade.',
    );
    expect(resultOf(answer)).toMatchObject({ success: true, trades: [] });
    expect(called('planning-create-plan')).toEqual([]);
  });

  it('asks for a plan without sales when it may only buy', async () => {
    await runCycle({ buysOnly: true, dryRun: true });
    const [asked] = called('planning-create-plan');
    expect(JSON.parse(String(asked?.body))).toMatchObject({ constraints: { noSells: 'true' } });
  });

  it('fetches fresh prices again only when forced', async () => {
    await runCycle({ dryRun: true });
    await runCycle({ dryRun: true, force: true }, 'run-2');
    const forced = called('universe-sync-prices').map(
      ({ body }) => (JSON.parse(String(body)) as { forceRefresh: boolean }).forceRefresh,
    );
    expect(forced).toEqual([false, true]);
  });

  it.each(['DEADLINE', 'OUTCOME_UNKNOWN', 'UNAVAILABLE'] as const)(
    'asks again with the same key for an answer that was lost (%s), and reports the order',
    async (code) => {
      const lost = new Set<string>();
      intercept = (call) => {
        const key = call.idempotencyKey ?? '';
        if (call.name !== 'trading-execute-trade' || lost.has(key)) return undefined;
        lost.add(key);
        return executed(call).then(() => Promise.reject(new Failure(code, 'The answer was lost.')));
      };
      const result = resultOf(await runCycle({}));
      expect(result).toMatchObject({ success: true, tradesFailed: 0 });
      expect(result.tradesExecuted).toBe(result.plan?.actions.length);
      expect((await history()).total).toBe(result.tradesExecuted);
    },
  );

  it('sends no order whose price has left the collar around the price of the plan', async () => {
    intercept = (call) =>
      call.name === 'planning-create-plan'
        ? through(call).then(async (answer) => ({ ...answer, body: cheaper(answer.body) }))
        : undefined;
    const result = resultOf(await runCycle({}));
    expect(result).toMatchObject({ success: false, tradesExecuted: 0 });
    for (const { error } of result.trades)
      expect(error).toMatch(/^Not sent: its price is .* in the plan, 50\.0 % away; at most 5\.0 %/);
    expect(called('trading-execute-trade')).toEqual([]);
  });

  it('waits for an unreachable board, and reports each order that the plan is too old for', async () => {
    let sent = 0;
    intercept = (call) => {
      if (!call.name.startsWith('trading-execute') && call.name !== 'trading-get-trade-status')
        return undefined;
      if (call.name === 'trading-execute-trade' && sent === 0) {
        sent += 1;
        return undefined;
      }
      return Promise.reject(new Failure('UNAVAILABLE', 'It is away.', { sent: 'no' }));
    };
    const { failure } = await runCycle({});
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', resumeAfterMs: 5_000 });
    expect((await history()).total).toBe(1);
    intercept = () => undefined;
    clock.advance(86_400_000);
    const answer = await runCycle({});
    clock.advance(-86_400_000);
    const result = resultOf(answer);
    expect(result).toMatchObject({ success: false, tradesExecuted: 1 });
    expect(result.trades[0]?.success).toBe(true);
    for (const trade of result.trades.slice(1))
      expect(trade).toMatchObject({
        tradeId: '',
        error: expect.stringMatching(/^Not sent: the plan was valid until /),
      });
    expect(lastOf(answer).message).toContain(result.trades[1]?.symbol);
    expect((await history()).total).toBe(1);
  });

  describe('with services on another board', () => {
    const device = { name: 'state', roles: ['state'], facadePortBase: 50_051 } as const;
    const far = ['portfolio', 'trading'] as const;
    const places = Object.fromEntries(
      far.map((service) => [service, { mode: 'remote', service, device } as unknown as Place]),
    );
    const placement = { ...allLocal, places: { ...allLocal.places, ...places } };
    const away = () =>
      Promise.reject(new Failure('UNAVAILABLE', 'portfolio on state does not answer at state:1.'));
    const isFar = ({ name }: FunctionCall) => far.some((service) => name.startsWith(`${service}-`));
    const answered = () => Promise.resolve({ status: 200, body: each(['']) });
    const isProbe = (call: FunctionCall) => call.name.endsWith('/_/ready');

    const reopen = async (env: Record<string, string> = {}): Promise<void> => {
      await dependencies.close();
      await openDependencies(env, { placement });
    };

    it('waits for one that starts later, says so once, and then runs', async () => {
      await reopen();
      let probes = 0;
      // Neither the probes nor the operations answer before the board is up.
      intercept = (call) => {
        if (!isProbe(call)) return probes < 4 && isFar(call) ? away() : undefined;
        return (probes += 1) <= 4 ? away() : answered();
      };
      const answer = await runCycle({ dryRun: true });
      expect(resultOf(answer)).toMatchObject({ success: true });
      const messages = answer.updates.map(({ message }) => message);
      const waits = messages.filter((message) => message.startsWith('Waiting'));
      expect(waits).toEqual(['Waiting up to 120 s for portfolio and trading on state.']);
      expect(messages[0]).toBe(waits[0]);
    });

    it('gives up after BOARD_WAIT_MS, naming the services, the board and why', async () => {
      await reopen({ BOARD_WAIT_MS: '0' });
      intercept = (call) => (isProbe(call) ? away() : undefined);
      const { failure } = await runCycle({});
      expect(failure).toMatchObject({
        code: 'UNAVAILABLE',
        message:
          'Waited 0 s in vain for portfolio and trading on state: ' +
          'portfolio on state does not answer at state:1. This attempt sent no order.',
        services: ['portfolio', 'trading'],
      });
      expect(failure).not.toHaveProperty('resumeAfterMs');
      expect(called('portfolio-update-positions')).toEqual([]);
    });

    it('hands a run whose orders have begun over until its plan has expired', async () => {
      await reopen({ BOARD_WAIT_MS: '0' });
      const hasBegun = () => called('trading-execute-trade').length > 0;
      intercept = (call) => {
        if (isProbe(call)) return hasBegun() ? away() : answered();
        return call.name === 'portfolio-update-positions' && hasBegun() ? away() : undefined;
      };
      expect((await runCycle({})).failure).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      const { total } = await history();
      expect((await runCycle({})).failure).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/goes on with its orders when it is back\.$/),
        resumeAfterMs: 5_000,
      });
      clock.advance(2 * 86_400_000);
      const { failure } = await runCycle({});
      clock.advance(-2 * 86_400_000);
      expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
      expect(failure).not.toHaveProperty('resumeAfterMs');
      expect((await history()).total).toBe(total);
    });
  });

  it('goes on with the other orders when one is refused, and never sends that one again', async () => {
    let first = true;
    intercept = (call) => {
      if (call.name !== 'trading-execute-trade' || !first) return undefined;
      first = false;
      return Promise.reject(refused('no-such-order', 'The order cannot be.'));
    };
    const answer = await runCycle({});
    const result = resultOf(answer);
    expect(result.success).toBe(false);
    expect(result.tradesFailed).toBe(1);
    expect(result.trades[0]).toMatchObject({ success: false, error: 'The order cannot be.' });
    expect(result.tradesExecuted).toBe(result.trades.length - 1);
    const keysSent = called('trading-execute-trade').map((call) => call.idempotencyKey);
    expect(new Set(keysSent).size).toBe(keysSent.length);
  });

  it('does not execute a plan for a portfolio that has changed since', async () => {
    // Somebody changes the holdings between the checks and the first order.
    intercept = (call) =>
      call.name === 'portfolio-get-summary' && called('trading-validate-trade').length > 0
        ? Promise.resolve({ status: 200, body: each(['{"portfolioHash":"another"}']) })
        : undefined;
    const answer = await runCycle({});
    expect(lastOf(answer).error).toMatch(/has changed since the plan was made/);
    expect(resultOf(answer)).toMatchObject({ success: false, trades: [] });
    expect(called('trading-execute-trade')).toEqual([]);
    expect(await statusOfPlan(present(resultOf(answer).plan, 'a plan').id)).toBe('CANCELLED');
  });
});

/** A function that does not answer before its caller leaves. */
function untilGivenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
}

describe('a trading cycle that is carried out again after a crash', () => {
  it('sends what was not sent of the plan it had, and makes no other', async () => {
    let left = 2;
    intercept = (call) => {
      if (call.name !== 'trading-execute-trade') return undefined;
      left -= 1;
      return left < 0 ? untilGivenUp(call.signal) : undefined;
    };
    const { server, url } = await listen(endpointOf(cycle, dependencies));
    const caller = new AbortController();
    const headers = { 'x-run-id': 'run-1' };
    const abandoned = fetch(url, { method: 'POST', headers, signal: caller.signal });
    while (left >= 0) await sleep(20);
    caller.abort();
    await expect(abandoned).rejects.toThrow();
    server.close();
    while (await dependencies.database.redis.exists(keys.gateway.runningCycle())) await sleep(5);
    const record = await new CycleStore(dependencies.database).find(cycleIdOf('run-1'));
    expect(record).toMatchObject({ executionBegan: true });
    expect(Object.keys(record?.sent ?? {})).toEqual(['0', '1']);

    intercept = () => undefined;
    calls = [];
    const answer = await runCycle({});
    const result = resultOf(answer);
    expect(called('planning-create-plan')).toEqual([]);
    expect(result.plan?.id).toBe(record?.planId);
    expect(called('trading-execute-trade').map(({ idempotencyKey }) => idempotencyKey)).toEqual(
      result.plan?.actions.map((_action, index) => `${record?.planId}-${index}`).slice(2),
    );
    expect(result.trades).toHaveLength(result.plan?.actions.length ?? -1);
    expect(result.success).toBe(true);
    expect(result.before).toMatchObject({ cash: { amount: '25000.00' } });
    const { executions } = await history();
    expect(new Set(executions.map(({ tradeId }) => tradeId)).size).toBe(result.trades.length);
  });

  it('queries and plans again when no order was sent yet', async () => {
    intercept = (call) =>
      call.name === 'trading-validate-trade'
        ? Promise.reject(new Failure('UNAVAILABLE', 'The broker did not answer.'))
        : undefined;
    const { failure } = await runCycle({});
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
    intercept = () => undefined;
    calls = [];
    expect(resultOf(await runCycle({})).success).toBe(true);
    expect(called('portfolio-update-positions').length).toBeGreaterThan(0);
  });

  it('waits for an order that another attempt is still sending', async () => {
    let busy = 2;
    intercept = (call) => {
      if (call.name !== 'trading-execute-trade' || busy === 0) return undefined;
      busy -= 1;
      return Promise.reject(new Failure('TOO_BUSY', 'still runs', { retryAfterMs: 5 }));
    };
    expect(resultOf(await runCycle({})).success).toBe(true);
  });
});

describe('a trading cycle that fails before its orders', () => {
  const storedCycle = () => new CycleStore(dependencies.database).find(cycleIdOf('run-1'));

  it.each(['portfolio-get-summary', 'trading-validate-trade'])(
    'at %s has its end and its plan cancelled, and another attempt makes a plan of its own',
    async (name) => {
      let isBroken = false;
      const plans: string[] = [];
      intercept = (call) => {
        if (call.name === 'planning-create-plan') isBroken = true;
        return isBroken && call.name === name
          ? Promise.reject(new Failure('UNAVAILABLE', 'The board is away.'))
          : undefined;
      };
      const answer = await runCycle({ dryRun: false });
      expect(answer.failure).toMatchObject({ code: 'UNAVAILABLE' });
      const ended = present(await storedCycle(), 'the cycle is stored');
      expect(ended).toMatchObject({ endedAt: clock.now(), failure: 'The board is away.' });
      expect(ended.executionBegan).toBe(false);
      plans.push(present(ended.planId, 'it had planned'));
      expect(await statusOfPlan(plans[0] ?? '')).toBe('CANCELLED');

      intercept = () => undefined;
      const { plan, tradesExecuted } = resultOf(await runCycle({ dryRun: false }));
      expect(plan?.id).not.toBe(plans[0]);
      expect(tradesExecuted).toBeGreaterThan(0);
      const done = present(await storedCycle(), 'the cycle is stored');
      expect(done.failure).toBeUndefined();
      expect(done.endedAt).toBe(clock.now());
    },
  );

  it('keeps its plan once an order may have been sent', async () => {
    intercept = (call) =>
      call.name === 'portfolio-update-positions' && called('trading-execute-trade').length > 0
        ? Promise.reject(new Failure('UNAVAILABLE', 'The board is away.'))
        : undefined;
    const answer = await runCycle({ dryRun: false });
    expect(answer.failure).toBeDefined();
    const record = present(await storedCycle(), 'the cycle is stored');
    expect(record.endedAt).toBeUndefined();
    expect(await statusOfPlan(record.planId ?? '')).not.toBe('CANCELLED');
  });
});

/** Something that happens once, when the cycle has planned and asks whether its orders would pass. */
function afterPlanning(happens: () => Promise<void>): void {
  let isOver = false;
  intercept = (call) => {
    if (call.name !== 'trading-validate-trade' || isOver) return undefined;
    isOver = true;
    return happens().then(() => through(call));
  };
}

describe('a trading cycle that a second process carries out meanwhile', () => {
  it('sends the orders of one plan only', async () => {
    let second: Answer | undefined;
    afterPlanning(async () => void (second = await runCycle({ dryRun: false })));
    const first = await runCycle({ dryRun: false });
    const result = resultOf(present(second, 'the second one ran'));
    expect(result.success).toBe(true);
    // It either carried out the same plan, order by order under the same keys, or handed over.
    expect(first.failure?.code ?? resultOf(first).plan?.id).toBe(
      first.failure ? 'UNAVAILABLE' : result.plan?.id,
    );
    expect((await history()).total).toBe(result.trades.length);
    const { plans } = await new StoredPlans(dependencies.database).page('', 0, 10);
    const states = plans.map(({ id, status }) => [id === result.plan?.id, status]);
    expect(states.filter(([, status]) => status !== 'CANCELLED')).toEqual([[true, 'COMPLETED']]);
  });

  it("reports the other one's result when it is retried", async () => {
    let second: Answer | undefined;
    afterPlanning(async () => void (second = await runCycle({})));
    await runCycle({});
    const { trades, plan } = resultOf(await runCycle({}));
    const result = resultOf(present(second, 'the second one ran'));
    expect([trades, plan?.id]).toEqual([result.trades, result.plan?.id]);
  });
});

it('reports lost state when it vanishes during a trading cycle', async () => {
  afterPlanning(async () => void (await dependencies.database.redis.flushdb()));
  const { failure } = await runCycle({});
  expect(failure?.code).not.toBe('BUG');
  expect(failure?.message).toContain('The state in Redis is not the one that was last worked on');
  expect((await history()).total).toBe(0);
});

describe('while a trading cycle runs', () => {
  it('another is refused with the id of the one that runs', async () => {
    await dependencies.database.redis.set(keys.gateway.runningCycle(), 'cycle-other', 'PX', 60_000);
    const { status, body } = await supertest(endpointOf(cycle, dependencies))
      .post('/')
      .set('x-run-id', 'run-1')
      .send({ dryRun: true });
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', cycleId: 'cycle-other' },
    });
  });
});

it('refuses a field it does not have', async () => {
  const { body, status } = await supertest(endpointOf(cycle, dependencies))
    .post('/')
    .send({ dry: true });
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { code: 'INVALID_REQUEST', field: 'dry' },
  });
});
