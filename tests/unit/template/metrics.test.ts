import { CallMetrics } from '#template/observe/metrics.ts';

/** The lines of a text without its comments. */
function samples(metrics: CallMetrics): string[] {
  return metrics
    .text()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

it('counts calls by code and method', () => {
  const metrics = new CallMetrics();
  metrics.end(200, 'POST', 0.1);
  metrics.end(200, 'POST', 0.1);
  metrics.end(503, 'GET', 0.1);
  expect(samples(metrics)).toEqual(
    expect.arrayContaining([
      'http_requests_total{code="200",method="post"} 2',
      'http_requests_total{code="503",method="get"} 1',
    ]),
  );
});

it('counts a call in every bucket that is wide enough for it', () => {
  const metrics = new CallMetrics();
  for (const seconds of [0.005, 0.3, 20]) metrics.end(200, 'GET', seconds);
  const buckets = samples(metrics)
    .filter((line) => line.includes('_bucket'))
    .map((line) => /le="(.*)"\} (\d+)$/.exec(line)?.slice(1).join(' '));
  expect(buckets).toEqual([
    '0.005 1',
    '0.01 1',
    '0.025 1',
    '0.05 1',
    '0.1 1',
    '0.25 1',
    '0.5 2',
    '1 2',
    '2.5 2',
    '5 2',
    '10 2',
    '+Inf 3',
  ]);
  expect(samples(metrics)).toContain(
    'http_request_duration_seconds_sum{code="200",method="get"} 20.305',
  );
});

it('counts the running calls', () => {
  const metrics = new CallMetrics();
  metrics.inflight += 2;
  expect(samples(metrics)).toEqual(['http_requests_in_flight 2']);
});
