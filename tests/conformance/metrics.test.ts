/** Rows 128–130: what is counted, and by whom it is read. */
import { row } from './row-test.ts';
import { openRig, type Rig } from './rig.ts';
import { until } from '../support/until.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo', 'throws', 'stream'] });
});

afterAll(() => rig.close());

async function metrics(): Promise<string> {
  const answer = await fetch(`${rig.metricsUrl}/metrics`);
  expect(answer.status).toBe(200);
  return answer.text();
}

/** The value of one series of the exposition. */
async function valueOf(series: string): Promise<number> {
  const lines = (await metrics()).split('\n');
  return Number(
    lines
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
}

async function countOf(name: string): Promise<number> {
  const answer = await rig.call('GET', '/system/functions', { auth: true });
  const list = (await answer.json()) as { name: string; invocationCount?: number }[];
  return list.find((one) => one.name === name)?.invocationCount ?? 0;
}

async function untilCount(name: string, count: number): Promise<void> {
  await until(async () => (await countOf(name)) >= count);
  expect(await countOf(name)).toBe(count);
}

row(128, async () => {
  await rig.call('GET', '/function/echo');
  await rig.call('GET', '/function/echo?status=418');
  const echo = 'function_name="echo.openfaas-fn"';
  expect(await valueOf(`gateway_function_invocation_started{${echo}}`)).toBe(2);
  expect(await valueOf(`gateway_function_invocation_total{${echo},code="200"}`)).toBe(1);
  expect(await valueOf(`gateway_function_invocation_total{${echo},code="418"}`)).toBe(1);
  // From 0 on, so that the first failure of all is an increase.
  for (const code of [500, 502, 504])
    expect(await valueOf(`gateway_function_invocation_total{${echo},code="${code}"}`)).toBe(0);
  expect(await valueOf(`gateway_functions_seconds_count{${echo},code="200"}`)).toBe(1);
  expect(await valueOf(`gateway_service_count{${echo}}`)).toBe(1);
  const text = await metrics();
  for (const [name, type] of [
    ['gateway_functions_seconds', 'histogram'],
    ['gateway_function_invocation_total', 'counter'],
    ['gateway_function_invocation_started', 'counter'],
    ['gateway_service_count', 'gauge'],
    ['process_cpu_seconds_total', 'counter'],
  ])
    expect(text).toContain(`# TYPE ${name} ${type}\n`);
});

row(129, async () => {
  const before = await countOf('throws');
  await rig.call('POST', '/function/throws');
  expect(await countOf('throws')).toBe(before + 1);
  expect((await rig.call('POST', '/async-function/throws')).status).toBe(202);
  await untilCount('throws', before + 2);
  await (await rig.call('POST', '/function/stream?events=2&pause=1')).text();
  expect(await countOf('stream')).toBe(1);
  // What was counted outlives a new deployment.
  await rig.deploy('throws');
  expect(await countOf('throws')).toBe(before + 2);
  // A liveness probe is no call of it.
  const echoes = await countOf('echo');
  await rig.call('GET', '/function/echo/_/health');
  expect(await countOf('echo')).toBe(echoes);
});

row(130, async () => {
  const without = await openRig({ fixtures: ['echo'] });
  try {
    // Counts are kept in memory; what could be away is the store, or who reads them.
    without.redis.process.kill('SIGSTOP');
    const answer = await without.call('GET', '/system/functions', { auth: true });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject([{ name: 'echo', invocationCount: 0 }]);
  } finally {
    without.redis.process.kill('SIGCONT');
    await without.close();
  }
});

test('the metrics port answers GET of two paths without credentials, and nothing else', async () => {
  const at = (path: string, method = 'GET') => fetch(`${rig.metricsUrl}${path}`, { method });
  expect(await (await at('/healthz')).text()).toBe('OK');
  expect((await at('/metrics')).headers.get('content-type')).toMatch(
    /^text\/plain; version=0\.0\.4/,
  );
  expect((await at('/metrics', 'POST')).status).toBe(405);
  expect((await at('/system/functions')).status).toBe(404);
  expect((await rig.call('GET', '/metrics')).status).toBe(404);
});
