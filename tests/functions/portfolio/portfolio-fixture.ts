/** An account to ask about: three priced securities, and syncs through the function's own endpoint. */
import request from 'supertest';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { FunctionHandler } from '#template/function.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import {
  openPaperFixture,
  PAPER_DAY,
  type PaperFixture,
} from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import type { TestRedis } from '../../support/dependencies.ts';

/** ALPHA at 100 EUR, BETA at 200 USD with a rate of 0.9, GAMMA at 5 GBP with a rate of 1.2. */
export async function openAccount(
  redis: TestRedis,
  env: Record<string, string> = {},
): Promise<PaperFixture> {
  const on = calling(await openPaperFixture(redis, env));
  on.market.setClose(ALPHA, PAPER_DAY, 100).setClose(BETA, PAPER_DAY, 200);
  on.market.setClose(GAMMA, PAPER_DAY, 5);
  on.market.setRate('USD', 'EUR', PAPER_DAY, 0.9).setRate('GBP', 'EUR', PAPER_DAY, 1.2);
  await seedMarket(on.dependencies, 0.1, ({ isin }) => isin !== GAMMA);
  return on;
}

/** Operations that call others reach them in this process. */
function calling(on: PaperFixture): PaperFixture {
  const { transport, into } = inProcess();
  const dependencies = { ...on.dependencies, functions: new FunctionsClient(transport) };
  into(dependencies);
  return { ...on, dependencies };
}

export async function ask(handler: FunctionHandler, on: PaperFixture, body: object = {}) {
  return request(endpointOf(handler, on.dependencies)).post('/').send(body);
}

export async function sync(on: PaperFixture): Promise<void> {
  const answer = await ask(updatePositions, on, { forceSync: true });
  if (answer.status !== 200) throw new Error(`sync answered ${answer.text}`);
}

let orders = 0;

/** Buys at the paper broker and looks until all of it is filled. */
export async function buy(on: PaperFixture, isin: Isin, symbol: string, quantity: number) {
  const signal = new AbortController().signal;
  const clientOrderId = `bought-${(orders += 1)}`;
  const order = {
    clientOrderId,
    accountId: DEFAULT_ACCOUNT,
    isin,
    symbol,
    side: 'BUY',
    quantity: Decimal.of(quantity),
    type: 'MARKET',
    timeInForce: 'GTC',
  } as const;
  await on.broker.submit(order, signal);
  return on.broker.findOrder(DEFAULT_ACCOUNT, clientOrderId, signal);
}
