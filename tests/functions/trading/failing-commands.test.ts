/**
 * Redis that fails at one command, before or after its effect, while money moves. At each command in
 * turn the answer is one of three, and what the caller does on it leads to one effect: done, or refused by
 * name; not done, to be asked for anew; or OUTCOME_UNKNOWN, to be repeated with the key that it names.
 */
import type { Command } from 'ioredis';
import type { Response } from 'supertest';
import type { BatchExecuteTradesResponse } from '#protos/gen/trading.ts';
import { present } from '#shared/kernel/assert.ts';
import { failureTable, type FailureCode } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { FunctionHandler } from '#template/function.ts';
import processDeposit from '../../../functions/gateway/process-deposit/handler.ts';
import batch from '../../../functions/trading/batch-execute-trades/handler.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

type When = 'before' | 'after';

/** Fails one command, counted from 1; 0: none. */
class FailingCommand {
  private count = 0;
  private at = 0;
  private when: When = 'before';

  private passing: NodeJS.Timeout | undefined;

  constructor({ dependencies: { database }, clock }: TradingFixture) {
    const { redis } = database;
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command: Command, stream?: never): unknown => {
      this.count += 1;
      if (this.count !== this.at) return send(command, stream);
      // What has become of an order that was on its way is asked for after a while.
      this.passing = setInterval(() => clock.advance(31_000), 100);
      const closed = new Error('Connection is closed.');
      // The rest of a pipeline is not sent without it.
      if (this.when === 'after' || stream !== undefined) {
        const lost = (send(command, stream) as Promise<unknown>).then(() => Promise.reject(closed));
        // A pipeline does not wait for it.
        lost.catch(() => undefined);
        return lost;
      }
      command.reject(closed);
      return command.promise;
    };
  }

  arm(at: number, when: When): void {
    [this.count, this.at, this.when] = [0, at, when];
  }

  /** @returns whether the command was reached */
  disarm(): boolean {
    const wasReached = this.count >= this.at;
    this.at = 0;
    clearInterval(this.passing);
    return wasReached;
  }
}

/** What is asked for at a point, and how often it has taken effect so far. */
interface Arranged {
  readonly body: object;
  effects(): Promise<number>;
}

interface Scenario {
  readonly handler: FunctionHandler;
  /** Every so many commands fails; the simulation has each of them, in more than one state. */
  readonly stride: number;
  arrange(point: number): Promise<Arranged>;
  /** The share that an answer of 200 says is done, and what it leaves out, it refuses by name. */
  shareDone(answer: Response): number | 'open';
}

let redis: TestRedis;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openFresh();
});
afterEach(() => t.dependencies.close());

const openFresh = () =>
  openTradingFixture(redis, { CLAIM_LEASE_MS: '100', ORDERS_PER_DAY_MAX: '10000' });
const reopen = async () => {
  await t.dependencies.close();
  t = await openFresh();
};
const statement = () => t.broker.statement(DEFAULT_ACCOUNT, new AbortController().signal);

const scenarios: Record<string, Scenario> = {
  deposit: {
    handler: processDeposit,
    stride: 1,
    arrange: (point) => {
      // Flows are distinguished by their amount.
      const amount = `${1_000 + point}.50`;
      return Promise.resolve({
        body: { amount: { amount, currency: 'EUR' } },
        effects: async () =>
          (await statement()).flows.filter((flow) => flow.amount.toJSON().amount === amount).length,
      });
    },
    shareDone: ({ body }) => (body.success === true ? 1 : 0),
  },
  batch: {
    handler: batch,
    stride: 5,
    arrange: async () => {
      const filled = async (): Promise<number> =>
        new Set((await statement()).fills.map(({ clientOrderId }) => clientOrderId)).size;
      const before = await filled();
      const buy = (symbol: string) => ({ isin: t.isin(symbol), side: 'BUY', quantity: 1 });
      return {
        body: { trades: [buy('ARVN'), buy('ALDR')] },
        effects: async () => ((await filled()) - before) / 2,
      };
    },
    shareDone: ({ body }) => {
      const { results, successful } = body as BatchExecuteTradesResponse;
      for (const { success, status, errors, tradeId, message } of results) {
        if (success) continue;
        expect(tradeId).toMatch(/^trade-/);
        expect(status).toMatch(/^(FAILED|PENDING)$/);
        expect(message).not.toBe('');
        if (status === 'FAILED') continue;
        expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
        return 'open';
      }
      return successful / results.length;
    },
  },
  cancellation: {
    handler: cancelTrade,
    stride: 1,
    arrange: async (point) => {
      const isin = t.isin('ARVN');
      const quote = present(await new StoredMarket(t.dependencies.database).quote(isin), 'seeded');
      const amount = (quote.price.toEstimate() * 0.97).toFixed(2);
      const limitPrice = { amount, currency: quote.price.currency };
      const order = { isin, side: 'BUY', quantity: 1, limitPrice };
      const { tradeId, execution } = (await t.call(executeTrade, order, `rests-${point}`)).body;
      expect(execution.state).toBe('ACCEPTED');
      return {
        body: { tradeId, reason: 'not wanted' },
        effects: async () => ((await statement()).openOrders.length === 0 ? 1 : 0),
      };
    },
    shareDone: ({ body }) => (body.success === true ? 1 : 0),
  },
};

/** @returns the code of a failure, or how the answer was */
async function strike(
  { handler, arrange, shareDone }: Scenario,
  failing: FailingCommand,
  at: number,
  when: When,
): Promise<{ wasReached: boolean; answer: string }> {
  const { body, effects } = await arrange(at);
  expect(await effects()).toBe(0);
  // At each command a caller with a key on one side of the effect, and one without on the other.
  let key = (at % 2 === 0) === (when === 'before') ? `key-${at}` : undefined;
  failing.arm(at, when);
  const first = await t.call(handler, body, key);
  const wasReached = failing.disarm();
  const named = first.headers['idempotency-key'] as string;
  if (key !== undefined) expect(named).toBe(key);
  const reported = first.status === 200 ? shareDone(first) : undefined;
  if (typeof reported === 'number') {
    expect({ at, when, effects: await effects() }).toEqual({ at, when, effects: reported });
    return { wasReached, answer: reported === 1 ? 'done' : 'refused' };
  }
  const code = reported === 'open' ? 'OUTCOME_UNKNOWN' : (first.body.code as FailureCode);
  const isOpen = code === 'OUTCOME_UNKNOWN';
  if (isOpen && reported === undefined) {
    expect(first.body.idempotencyKey).toBe(named);
    expect(first.body.message).toContain(named);
    expect(first.headers['retry-after']).toBeUndefined();
  }
  // Not done: a caller without a key asks anew, as it likes.
  if (isOpen) key = named;
  const repeat = async (): Promise<number | 'open'> => {
    for (let tries = 0; tries < 4; tries += 1) {
      const again = await t.call(handler, body, key);
      expect({
        status: again.status,
        at,
        when,
        body: again.status === 200 ? {} : again.body,
      }).toEqual({
        ...{ status: 200, at, when, body: {} },
      });
      const done = shareDone(again);
      if (done !== 'open') return done;
      t.clock.advance(31_000);
    }
    return 'open';
  };
  if (!isOpen) {
    expect(failureTable[code].retry).toBe('later');
    expect({ at, when, code, effects: await effects() }).toEqual({ at, when, code, effects: 0 });
  }
  const share = await repeat();
  expect({ at, when, effects: await effects() }).toEqual({ at, when, effects: share });
  return { wasReached, answer: code };
}

describe.each(Object.keys(scenarios))('%s', (name) => {
  it.each<When>(['before', 'after'])(
    'takes effect once when Redis fails %s the effect of a command',
    async (when) => {
      const scenario = present(scenarios[name], 'a scenario');
      const answers = new Map<string, number>();
      let points = 0;
      let at = when === 'before' ? 1 : 2;
      for (let isReached = true; isReached; at += scenario.stride) {
        if (points > 0) await reopen();
        points += 1;
        const failing = new FailingCommand(t);
        const { wasReached, answer } = await strike(scenario, failing, at, when);
        isReached = wasReached;
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
      expect(points).toBeGreaterThan(20);
      const kinds = [...answers.keys()].filter((kind) => kind !== 'refused').sort();
      expect(kinds).toEqual(['OUTCOME_UNKNOWN', 'UNAVAILABLE', 'done']);
    },
    120_000,
  );
});
