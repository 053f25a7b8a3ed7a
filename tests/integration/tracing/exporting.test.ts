/** What the standard variables do, seen from a receiver of the protocol. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { isTracing, startSpan } from '#shared/process/tracing/tracing.ts';
import { describeNeeding } from '../../support/needing.ts';
import { openCollector, withoutCollector } from '../../support/otel-collector.ts';
import { openOtlpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await openOtlpReceiver();
});
afterEach(() => receiver.close());

async function exported(env: Readonly<Record<string, string>>): Promise<string[]> {
  const program = ['scripts/run.mjs', 'tests/integration/tracing/export-spans.ts'];
  const path = { ...bareEnvironment };
  await promisify(execFile)(process.execPath, program, { env: { ...path, ...env } });
  return receiver.spans.map(({ name }) => name).sort();
}

it.each([
  ['http/protobuf', 'application/x-protobuf'],
  ['http/json', 'application/json'],
  ['grpc', 'grpc'],
])('exports by %s', async (protocol, seen) => {
  await exported({
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  expect([...receiver.protocols]).toEqual([seen]);
  const of = (name: string) => receiver.spans.find((span) => span.name === name);
  expect(of('outer')).toMatchObject({ kind: 2, attributes: { 'trader.attempt': 2 } });
  expect(of('inner')).toMatchObject({ kind: 3, parentSpanId: of('outer')?.spanId });
  expect(of('outer')?.resource).toMatchObject({
    'service.name': 'tested',
    'deployment.environment.name': 'test',
  });
  expect(of('asked for')).toMatchObject({
    traceId: 'a'.repeat(32),
    parentSpanId: 'b'.repeat(16),
  });
});

describeNeeding(withoutCollector, 'a real collector', () => {
  it.each(['http/protobuf', 'http/json', 'grpc'])(
    'takes what is exported by %s',
    async (protocol) => {
      const collector = await openCollector(receiver.httpUrl);
      const { grpcUrl, httpUrl } = collector;
      await exported({
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? grpcUrl : httpUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      });
      await collector.close();
      const of = (name: string) => receiver.spans.find((span) => span.name === name);
      expect(receiver.spans.map(({ name }) => name).sort()).toEqual(
        expect.arrayContaining(['asked for', 'failing', 'inner', 'outer']),
      );
      expect(of('inner')).toMatchObject({ kind: 3, parentSpanId: of('outer')?.spanId });
      expect(of('outer')?.resource).toMatchObject({ 'service.name': 'tested' });
    },
  );
});

it('marks what failed, with the class of the error and not its text', async () => {
  await exported({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, OTEL_SERVICE_NAME: 'named' });
  expect(receiver.spans.filter(({ isError }) => isError)).toMatchObject([
    {
      name: 'failing',
      attributes: { 'error.type': 'RangeError' },
      resource: { 'service.name': 'named' },
    },
  ]);
  expect(JSON.stringify(receiver.spans)).not.toContain('12.00');
});

it('keeps the share of traces that the sampler says, and what a caller has decided', async () => {
  const env = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.httpUrl}/v1/traces`,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  };
  expect(await exported(env)).toEqual(['asked for']);
});

it.each([
  ['always_off', []],
  ['always_on', ['asked for', 'declined', 'failing', 'inner', 'outer']],
  ['parentbased_always_off', ['asked for']],
  ['parentbased_always_on', ['asked for', 'failing', 'inner', 'outer']],
])('keeps with %s %j', async (sampler, kept) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, OTEL_TRACES_SAMPLER: sampler };
  expect(await exported(env)).toEqual(kept);
});

it('does not export where the SDK is disabled', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, OTEL_SDK_DISABLED: 'true' };
  expect(await exported(env)).toEqual([]);
});

it('ends although the collector is away', async () => {
  expect(await exported({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).toEqual([]);
});

it.each([
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' },
])('does nothing with %j', async (env) => {
  await openTracing('off', env);
  expect(isTracing()).toBe(false);
  expect(startSpan('none', () => ({}))).toBeUndefined();
});

it.each([
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'smoke'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'smoke'],
  ['OTEL_TRACES_SAMPLER', 'parentbased_ratio'],
  ['OTEL_TRACES_SAMPLER_ARG', 'a tenth'],
  ['OTEL_TRACES_SAMPLER_ARG', '10'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://127.0.0.1:4318'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'ten'],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '0'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'secret'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zip'],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nonexistent/ca.pem'],
  ['OTEL_EXPORTER_OTLP_CLIENT_KEY', '/nonexistent/key.pem'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'board'],
  ['OTEL_BSP_SCHEDULE_DELAY', '-1'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', 'many'],
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'all'],
])('refuses %s=%s, naming it', async (name, value) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, [name]: value };
  const refusal: unknown = await openTracing('off', env).catch((thrown: unknown) => thrown);
  expect(refusal).toMatchObject({ code: 'INVALID_REQUEST', facts: { field: name } });
  expect(String(refusal)).not.toContain(`: ${value}`);
});
