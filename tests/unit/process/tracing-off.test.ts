/** Off, spans cost nothing: no module of the SDK is loaded. */
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { inSpan } from '#shared/process/tracing/tracing.ts';

const loaded: string[] = [];
jest.mock('#shared/process/tracing/sdk-tracer.ts', () => {
  loaded.push('sdk');
  return { openSdkTracer: () => Promise.reject(new Error('the SDK was asked for')) };
});

it('loads nothing of the SDK, and does the work', async () => {
  const tracing = await openTracing('off', {});
  const options = jest.fn(() => ({}));
  await expect(inSpan('work', options, (span) => Promise.resolve(span ?? 'done'))).resolves.toBe(
    'done',
  );
  await tracing.close();
  expect(options).not.toHaveBeenCalled();
  expect(loaded).toEqual([]);
});

it('loads it where an endpoint is stated', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  await expect(openTracing('on', env)).rejects.toThrow('asked for');
  expect(loaded).toEqual(['sdk']);
});
