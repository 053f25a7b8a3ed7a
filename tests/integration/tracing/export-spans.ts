/** A program of its own, as Jest does not let the exporters load Node's HTTP client. */
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { inSpan, startSpan } from '#shared/process/tracing/tracing.ts';

const tracing = await openTracing('tested');
await inSpan(
  'outer',
  () => ({ kind: 'server', attributes: { 'trader.attempt': 2 } }),
  (outer) =>
    inSpan(
      'inner',
      () => ({ kind: 'client' }),
      () => Promise.resolve(),
      outer?.traceparent,
    ),
);
const failing = (): Promise<never> => Promise.reject(new RangeError('EUR 12.00'));
await inSpan('failing', () => ({}), failing).catch(() => undefined);
const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;
startSpan('asked for', () => ({}), `${parent}-01`)?.end();
startSpan('declined', () => ({}), `${parent}-00`)?.end();
await tracing.close();
// As the processes do: retries of an exporter must not keep them.
process.exit(0);
