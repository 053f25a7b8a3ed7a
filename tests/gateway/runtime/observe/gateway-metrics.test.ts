/** What a scrape of the gateway says of calls that ended. */
import { GatewayMetrics } from '#gateway/runtime/observe/gateway-metrics.ts';

const ended = (status: number, seconds: number) => ({
  ...{ callId: 'c', method: 'POST', path: '/' },
  ...{ status, seconds },
});

test('durations are counted by function and status, in the bounds of Prometheus', async () => {
  const metrics = new GatewayMetrics(() => [{ name: 'f', replicas: 1 }]);
  for (const seconds of [0.004, 0.005, 0.2, 11]) metrics.ended('f', ended(200, seconds));
  metrics.ended('f', ended(504, 0.5));
  const lines = (await metrics.text()).split('\n');
  const bucket = (code: string, le: string): string | undefined => {
    const start = `gateway_functions_seconds_bucket{function_name="f.openfaas-fn",code="${code}",le="${le}"} `;
    return lines.find((line) => line.startsWith(start))?.slice(start.length);
  };
  const bounds = ['0.005', '0.1', '0.25', '10', '+Inf'];
  expect(bounds.map((le) => bucket('200', le))).toEqual(['2', '2', '3', '3', '4']);
  expect(bounds.map((le) => bucket('504', le))).toEqual(['0', '0', '0', '1', '1']);
  expect(lines).toContain('# TYPE gateway_functions_seconds histogram');
  expect(lines).toContain(
    'gateway_functions_seconds_count{function_name="f.openfaas-fn",code="200"} 4',
  );
  expect(lines).toContain(
    'gateway_functions_seconds_sum{function_name="f.openfaas-fn",code="200"} 11.209',
  );
  expect(lines).toContain(
    'gateway_function_invocation_total{function_name="f.openfaas-fn",code="200"} 4',
  );
  expect(metrics.invocations('f')).toBe(5);
});
