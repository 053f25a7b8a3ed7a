/** One idempotency key over every transport and in every encoding: one effect, one answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import {
  GatewayServiceClient,
  ProcessDepositRequest,
  ProcessDepositResponse,
} from '#protos/gen/gateway.ts';
import {
  ExecuteTradeRequest,
  ExecuteTradeResponse,
  TradingServiceClient,
} from '#protos/gen/trading.ts';
import { openFacade } from '#gateway/facade/facade.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { silentLog } from '#shared/process/log.ts';
import type { FunctionHandler } from '#template/function.ts';
import processDeposit from '../../../functions/gateway/process-deposit/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';
import { detailsOf } from '../../support/endpoints/read-error-details.ts';
import { plain, unary } from '../../support/endpoints/grpc.ts';
import { endpointOf } from '../../support/host.ts';
import { until } from '../../support/until.ts';

let fixture: FacadeFixture;
let trading: TradingServiceClient;
let gateway: GatewayServiceClient;
let keys = 0;

beforeAll(async () => {
  fixture = await openFacadeFixture({ ORDERS_PER_DAY_MAX: '1000' });
  trading = new TradingServiceClient(fixture.address('trading'), plain);
  gateway = new GatewayServiceClient(fixture.address('gateway'), plain);
});
afterAll(async () => {
  trading.close();
  gateway.close();
  await fixture.close();
});

const paths = ['HTTP JSON', 'HTTP protobuf', 'gRPC'] as const;
type CallPath = (typeof paths)[number];

/** Of three, all six. */
const orders = paths.flatMap((first) =>
  paths
    .filter((path) => path !== first)
    .map((second) => [first, second, ...paths.filter((d) => d !== first && d !== second)]),
) as CallPath[][];

interface Written {
  /** The same request, with defaults left out or stated, and numbers written in several ways. */
  readonly json: readonly object[];
  readonly handler: FunctionHandler;
  readonly encode: (json: object) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => object;
  readonly overGrpc: (json: object, key: string) => Promise<object>;
  readonly fieldOfId: string;
}

const trade = (): Written => {
  const isin = fixture.listed[0]?.isin ?? '';
  const order = { isin, side: 'BUY', quantity: 1 };
  return {
    json: [
      order,
      { ...order, quantity: '1.0', orderType: 'MARKET', timeInForce: 'DAY' },
      { ...order, accountId: 'default', dryRun: false, limitPrice: null, side: 1 },
    ],
    handler: executeTrade,
    encode: (json) => ExecuteTradeRequest.encode(ExecuteTradeRequest.fromJSON(json)).finish(),
    decode: (bytes) => ExecuteTradeResponse.decode(bytes),
    overGrpc: async (json, key) =>
      (
        await unary(trading, trading.executeTrade, ExecuteTradeRequest.fromJSON(json), {
          'idempotency-key': key,
        })
      ).response,
    fieldOfId: 'tradeId',
  };
};

const deposit = (): Written => ({
  json: [
    { amount: { amount: '500', currency: 'EUR' } },
    { amount: { amount: '500.00', currency: 'EUR' }, autoInvest: false, accountId: '' },
    { amount: { amount: '500.0', currency: 'EUR' }, accountId: 'default' },
  ],
  handler: processDeposit,
  encode: (json) => ProcessDepositRequest.encode(ProcessDepositRequest.fromJSON(json)).finish(),
  decode: (bytes) => ProcessDepositResponse.decode(bytes),
  overGrpc: async (json, key) =>
    (
      await unary(gateway, gateway.processDeposit, ProcessDepositRequest.fromJSON(json), {
        'idempotency-key': key,
      })
    ).response,
  fieldOfId: 'transactionId',
});

const requests = { ExecuteTrade: trade, ProcessDeposit: deposit };

async function through(
  path: CallPath,
  json: object,
  key: string,
  written: Written,
): Promise<object> {
  if (path === 'gRPC') return written.overGrpc(json, key);
  const post = request(endpointOf(written.handler, fixture.dependencies))
    .post('/')
    .set('idempotency-key', key);
  if (path === 'HTTP JSON') {
    const { status, body } = await post.send(json);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body as object;
  }
  const answer = await post
    .set('content-type', 'application/x-protobuf')
    .responseType('blob')
    .send(Buffer.from(written.encode(json)));
  expect(answer.status).toBe(200);
  return written.decode(answer.body as Buffer);
}

/** Fills and flows of the account. */
async function effects(): Promise<number> {
  const { broker } = fixture.dependencies;
  const { fills, flows } = await broker.statement(DEFAULT_ACCOUNT, new AbortController().signal);
  return new Set(fills.map(({ clientOrderId }) => clientOrderId)).size + flows.length;
}

describe.each(Object.keys(requests) as (keyof typeof requests)[])('%s', (name) => {
  it.each(orders)('takes effect once and answers the same: %s, %s, %s', async (...inTurn) => {
    const written = requests[name]();
    const key = `${name}-${(keys += 1)}`;
    const before = await effects();
    // Rotated, so that each transport has each way of writing.
    const shift = keys % written.json.length;
    const answers = [];
    for (const [index, path] of inTurn.entries()) {
      const json = written.json[(index + shift) % written.json.length] ?? {};
      answers.push(await through(path, json, key, written));
    }
    expect(answers[0]).toMatchObject({ success: true, [written.fieldOfId]: expect.anything() });
    const texts = answers.map((answer) => JSON.stringify(sorted(answer)));
    expect(new Set(texts).size).toBe(1);
    expect(await effects()).toBe(before + 1);
  });
});

/** Absent and undefined are one; the encodings name fields in orders of their own. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(pairSorted));
}

function pairSorted([name, inner]: [string, unknown]): [string, unknown] {
  return [name, sorted(inner)];
}

it('is named over gRPC before anything can happen, where the caller gave none', async () => {
  let arrived: (key: string) => void = () => undefined;
  const named = new Promise<string>((resolve) => (arrived = resolve));
  let sent = '';
  const functions = new FunctionsClient(async (call) => {
    // The function is not reached before the caller knows the key.
    sent = call.idempotencyKey ?? '';
    expect(await named).toBe(sent);
    throw Object.assign(new Error('Connection is closed.'));
  });
  const facade = await openFacade({ portBase: 0, access: null, functions, log: silentLog });
  const client = new TradingServiceClient(`127.0.0.1:${facade.ports.trading}`, plain);
  try {
    const message = ExecuteTradeRequest.fromJSON({
      isin: 'US0378331005',
      side: 'BUY',
      quantity: 1,
    });
    const error = await new Promise((resolve) => {
      const call = client.executeTrade(message, (failure) => resolve(failure));
      call.on('metadata', (metadata) => arrived(String(metadata.get('idempotency-key')[0])));
    });
    expect(sent).not.toBe('');
    expect(error).toBeInstanceOf(Error);
  } finally {
    client.close();
    await facade.close();
  }
});

it('is in the failure of a call that the facade ends by stopping, which invites no new attempt', async () => {
  let hasArrived = false;
  const functions = new FunctionsClient(async ({ signal }) => {
    hasArrived = true;
    await sleep(60_000, undefined, { signal }).catch(() => undefined);
    throw signal.reason;
  });
  const facade = await openFacade({ portBase: 0, access: null, functions, log: silentLog });
  const client = new TradingServiceClient(`127.0.0.1:${facade.ports.trading}`, plain);
  const message = ExecuteTradeRequest.fromJSON({ isin: 'US0378331005', side: 'BUY', quantity: 1 });
  const ended = unary(client, client.executeTrade, message, { 'x-request-id': 'r-1' }).then(
    () => undefined,
    (error: unknown) => error as Parameters<typeof detailsOf>[0],
  );
  await until(() => hasArrived);
  await facade.close();
  const error = await ended;
  client.close();
  const { details } = detailsOf(error as Parameters<typeof detailsOf>[0]);
  expect(details['ErrorInfo']).toMatchObject({
    reason: 'OUTCOME_UNKNOWN',
    metadata: { idempotencyKey: 'r-1' },
  });
  expect(details).not.toHaveProperty('RetryInfo');
});
