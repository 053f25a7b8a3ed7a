/**
 * A trading cycle over two boards is one trace, in a receiver of the protocol: one board exports over HTTP,
 * the other over gRPC.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBoards, type Boards } from '../support/deployment/board-processes.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import {
  openOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '../support/otlp-receiver.ts';
import { buildProgram, type Program } from './program.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5] as const;

let program: Program;
let redis: TestRedis;
let receiver: OtlpReceiver;
let boards: Boards;
let spans: readonly ReceivedSpan[] = [];

beforeAll(async () => {
  program = buildProgram('traces');
  [redis, receiver] = await Promise.all([startTestRedis(), openOtlpReceiver()]);
  const exporting = (name: string, protocol: string, endpoint: string) => ({
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_BSP_SCHEDULE_DELAY: '200',
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
  // The end of each process sends what is left.
  await Promise.all(boards.boards.map((board) => board.end('SIGTERM')));
  spans = receiver.spans.filter(({ traceId }) => traceId === TRACE_ID);
});
afterAll(async () => {
  await boards.close();
  await receiver.close();
  await redis.stop();
  await program.remove();
});

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
