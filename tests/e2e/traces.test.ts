/**
 * A trading cycle over two boards is one trace, in a receiver of the protocol: one board exports over HTTP,
 * the other over gRPC.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openBoards, type Board, type Boards } from '../support/deployment/board-processes.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import {
  openOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '../support/otlp-receiver.ts';
import { buildProgram, type Program } from './program.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
/** Of a call that nobody waits for. */
const ASYNC_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5] as const;

let program: Program;
let redis: TestRedis;
let receiver: OtlpReceiver;
let boards: Boards;
let spans: readonly ReceivedSpan[] = [];
let callback: Server;

beforeAll(async () => {
  program = buildProgram('traces');
  [redis, receiver] = await Promise.all([startTestRedis(), openOtlpReceiver()]);
  const exporting = (name: string, protocol: string, endpoint: string) => ({
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  });
  boards = await openBoards(
    program,
    {
      boards: [
        {
          name: 'compute',
          has: ['planning', 'scoring', 'optimization', 'gateway'],
          env: exporting('compute', 'http/protobuf', receiver.httpUrl),
        },
        {
          name: 'state',
          has: ['portfolio', 'trading', 'universe'],
          env: exporting('state', 'grpc', receiver.grpcUrl),
        },
      ],
      protocol: 'grpc',
      env: { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4' },
    },
    { url: redis.url, prefix: 'traces' },
  );
  await Promise.all(boards.boards.map((board) => board.ready()));
  const [compute] = boards.boards;
  const traceparent = `00-${TRACE_ID}-${CALLER}-01`;
  let result;
  const cycle = compute
    .clients()
    .gateway.triggerTradingCycle({}, { timeoutMs: 120_000, traceparent });
  for await (const update of cycle) result = update.result ?? result;
  expect(result).toMatchObject({ success: true });
  await callLater(compute);
  // The end of each process sends what is left.
  await Promise.all(boards.boards.map((board) => board.end('SIGTERM')));
  spans = receiver.spans.filter(({ traceId }) => traceId === TRACE_ID);
});
afterAll(async () => {
  await boards.close();
  callback.close();
  await receiver.close();
  await redis.stop();
  await program.remove();
});

/** A call through the queue of the gateway, until its callback says that it was done. */
async function callLater({ gatewayUrl, tradeToken }: Board): Promise<void> {
  const called = new Promise<void>((resolve) => {
    callback = createServer((request, response) => {
      request.resume().on('end', () => response.end());
      resolve();
    }).listen(0, '127.0.0.1');
  });
  await once(callback, 'listening');
  const { port } = callback.address() as AddressInfo;
  const { status } = await fetch(`${gatewayUrl}/async-function/planning-list-plans`, {
    method: 'POST',
    body: '{}',
    headers: {
      authorization: `Bearer ${tradeToken}`,
      traceparent: `00-${ASYNC_TRACE_ID}-${CALLER}-01`,
      'x-callback-url': `http://127.0.0.1:${port}/`,
    },
  });
  expect(status).toBe(202);
  await called;
}

const named = (name: string, kind: number): ReceivedSpan[] =>
  spans.filter((span) => span.name === name && span.kind === kind);
const of = (service: string): ReceivedSpan[] =>
  spans.filter(({ resource }) => resource['service.name'] === service);

it('comes from both boards, by both protocols', () => {
  expect(receiver.protocols).toEqual(new Set(['application/x-protobuf', 'grpc']));
  expect(of('compute').length).toBeGreaterThan(20);
  expect(of('state').length).toBeGreaterThan(20);
});

it('is one tree below the caller: no span has a parent outside of it', () => {
  const ids = new Set([CALLER, ...spans.map(({ spanId }) => spanId)]);
  expect(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))).toEqual([]);
  expect(spans.filter(({ parentSpanId }) => parentSpanId === CALLER)).toHaveLength(1);
});

it('goes from the socket through the queue to the function', () => {
  const sent = spans.find(({ kind, name }) => kind === PRODUCER && name.includes('cycle'));
  const processed = spans.find(({ kind, name }) => kind === CONSUMER && name.includes('cycle'));
  expect(sent?.name).toBe('send gateway.trigger-trading-cycle');
  expect(processed?.links.map(({ spanId }) => spanId)).toContain(sent?.spanId);
  expect(processed?.parentSpanId).toBe(sent?.spanId);
  const facade = spans.find(({ parentSpanId }) => parentSpanId === CALLER);
  expect(facade?.attributes).toMatchObject({ 'rpc.system': 'grpc', 'rpc.grpc.status_code': 0 });
  const ran = named('gateway-trigger-trading-cycle', SERVER).find(
    ({ attributes }) => attributes['faas.trigger'] === 'pubsub',
  );
  expect(above(ran)).toContain(processed?.spanId);
  expect(above(ran)).toContain(facade?.spanId);
});

it('follows a call that nobody waits for through the queue of the gateway', () => {
  const later = receiver.spans.filter(({ traceId }) => traceId === ASYNC_TRACE_ID);
  const posted = later.find(({ parentSpanId }) => parentSpanId === CALLER);
  const sent = later.find(({ name }) => name === 'send planning-list-plans');
  const processed = later.find(({ name }) => name === 'process planning-list-plans');
  const ran = later.find(({ name, kind }) => name === 'planning-list-plans' && kind === SERVER);
  expect(posted).toMatchObject({ name: 'POST /async-function/{name}', kind: SERVER });
  expect(sent).toMatchObject({ kind: PRODUCER, parentSpanId: posted?.spanId });
  expect(processed).toMatchObject({ kind: CONSUMER, parentSpanId: sent?.spanId });
  expect(processed?.links.map(({ spanId }) => spanId)).toEqual([sent?.spanId]);
  expect(ran?.parentSpanId).toBe(processed?.spanId);
});

it('says of each span which board it is from, and calls a function by a span of the caller', () => {
  const boardsOf = receiver.spans.map(({ resource }) => resource['trader.board']);
  expect(new Set(boardsOf)).toEqual(new Set(['compute', 'state']));
  const consumers = new Set(spans.flatMap(({ kind, spanId }) => (kind === CONSUMER ? spanId : [])));
  const called = spans.filter(({ parentSpanId }) => consumers.has(parentSpanId));
  expect(called.filter(({ kind }) => kind !== CLIENT)).toEqual([]);
  expect(called.map(({ name }) => name)).toContain('gateway-trigger-trading-cycle');
});

it('goes on to the other board, to Redis, the broker and the prices', () => {
  const far = named('trading-execute-trade', SERVER).filter((span) => of('state').includes(span));
  expect(far.length).toBeGreaterThan(0);
  expect(
    above(far[0]).map((id) => spans.find(({ spanId }) => spanId === id)?.resource['service.name']),
  ).toContain('compute');
  const systems = spans.filter(({ kind }) => kind === CLIENT);
  expect(systems.some(({ attributes }) => attributes['db.system.name'] === 'redis')).toBe(true);
  expect(systems.some(({ name }) => name.startsWith('broker '))).toBe(true);
  expect(systems.some(({ name }) => name.startsWith('market-data '))).toBe(true);
});

it('has only the attributes that docs/operate/traces.md names, and no money and no security', () => {
  const page = readFileSync(join(__dirname, '../../docs/operate/traces.md'), 'utf8');
  const documented = new Set(
    [...page.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map(([, name]) => name),
  );
  const names = new Set(receiver.spans.flatMap(({ attributes }) => Object.keys(attributes)));
  expect([...names].filter((name) => !documented.has(name))).toEqual([]);
  const texts = receiver.spans.flatMap(({ name, attributes }) => [
    name,
    ...Object.values(attributes).map(String),
  ]);
  expect(
    texts.filter((text) =>
      /\b[A-Z]{2}[A-Z0-9]{9}\d\b|\d+[.,]\d\d\b|\b(?:EUR|USD|GBP|CHF)\b/.test(text),
    ),
  ).toEqual([]);
});

/** The ids of the spans that a span is in. */
function above(span: ReceivedSpan | undefined): string[] {
  const parent = spans.find(({ spanId }) => spanId === span?.parentSpanId);
  return parent ? [parent.spanId, ...above(parent)] : [];
}
