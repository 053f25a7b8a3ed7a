/**
 * npm run bench -- tracing
 *
 * CPU of a call of an operation over HTTP (GetPlan, one document asked of Redis; caller, gateway and function
 * in one process) with spans off, sampled at a tenth, and all of them, in short turns in one process: a round
 * compares turns that are seconds apart, and the median over the rounds is stated. What the hooks cost while
 * spans are off is measured by themselves, and stated as a share of a call.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { FunctionHost } from '#gateway/runtime/invoke/function-host.ts';
import { openRuntime } from '#gateway/runtime/runtime.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { Images } from '#gateway/runtime/deployments/runnable-images.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { planning } from '#shared/contract/planning.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { inSpan } from '#shared/process/tracing/tracing.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import getPlan from '../../functions/planning/get-plan/handler.ts';
import { start } from '../children.ts';
import { median } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const CALLS = Number(process.env['BENCH_CALLS'] ?? 600);
const IN_FLIGHT = Number(process.env['BENCH_IN_FLIGHT'] ?? 1);
/** Of a call over HTTP: gateway, caller, function. */
const HOOKS_OF_A_CALL = 3;
const HOOKS_MEASURED = 1_000_000;

const SINK = `require('node:http').createServer((q, r) => q.resume().on('end', () => r.end()))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

const variants = { off: undefined, none: '0', 'a tenth': '0.1', all: '1' } as const;
type Variant = keyof typeof variants;

const redis = await startTestRedis();
const sink = start(process.execPath, ['-e', SINK], { stdio: ['ignore', 'pipe', 'ignore'] });
const [port] = (await once(sink.stdout ?? sink, 'data')) as [Buffer];
const { name, folder } = planning.getPlan;
const spec = { name, image: name, environment: {}, labels: {}, annotations: {}, secrets: [] };
const host = new FunctionHost({
  functions: [{ ...spec, createdAt: new Date().toISOString() }],
  images: new Images([{ name, folder }]),
  load: () => Promise.resolve(getPlan),
  log: silentLog,
});
const settings = parseSettings({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'bench' });
const transport = inProcessTransport(host, { token: '' });
const dependencies = await openDependencies(settings, { transport, tokens: null, log: silentLog });
host.shareDependencies(dependencies);
const runtime = await openRuntime({
  host,
  address: '127.0.0.1',
  port: 0,
  credentials: { user: 'admin', password: 'bench' },
  build: dependencies.build,
  log: silentLog,
  tokens: null,
});
const functions = new FunctionsClient(httpTransport(runtime.url, ''));

const figures: Record<Variant, number[]> = { off: [], none: [], 'a tenth': [], all: [] };
for (let round = 0; round <= ROUNDS; round += 1)
  for (const variant of turns(round)) {
    const us = await cpuUsOfCall(variant);
    // The first turn warms up.
    if (round > 0) figures[variant].push(us);
  }
const off = median(figures.off);
const hookUs = await cpuUsOfHook();
console.log(`CPU of a call: ${off.toFixed(1)} us, median of ${ROUNDS} rounds of ${CALLS} calls`);
console.log(
  `off:     +${((100 * HOOKS_OF_A_CALL * hookUs) / off).toFixed(2)} % (${hookUs.toFixed(3)} us a hook)`,
);
for (const variant of ['none', 'a tenth', 'all'] as const)
  console.log(`${variant}: ${(100 * (median(quotients(variant)) - 1)).toFixed(1)} %`);
figure('tracing: CPU of a call, a tenth sampled / off', ratios(figures['a tenth'], figures.off));
await dependencies.close();
await runtime.close(100);
await host.close();
sink.kill('SIGKILL');
await redis.stop();
process.exit(0);

/** Of each round. */
function quotients(variant: Variant): readonly number[] {
  return figures[variant].map((us, round) => us / (figures.off[round] ?? us));
}

/** Each variant is first as often as the others: what comes later in a round finds a warmer machine. */
function turns(round: number): readonly Variant[] {
  const names = Object.keys(variants) as Variant[];
  const first = round % names.length;
  return [...names.slice(first), ...names.slice(0, first)];
}

async function cpuUsOfCall(variant: Variant): Promise<number> {
  const share = variants[variant];
  process.env['OTEL_TRACES_SAMPLER'] = 'parentbased_traceidratio';
  process.env['OTEL_TRACES_SAMPLER_ARG'] = share ?? '0';
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port.toString().trim()}`;
  const tracing = await openTracing('bench', share === undefined ? {} : process.env);
  const before = process.cpuUsage();
  let left = CALLS;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  await tracing.flush();
  const { user, system } = process.cpuUsage(before);
  await tracing.close();
  return (user + system) / CALLS;
}

async function call(): Promise<void> {
  const { signal } = new AbortController();
  const options = { signal, requestId: randomUUID() };
  await functions.call(planning.getPlan, { planId: 'plan-0' }, options);
}

/** Work within a span that is off, against the work alone. */
async function cpuUsOfHook(): Promise<number> {
  const work = (): Promise<void> => Promise.resolve();
  const options = (): object => ({ kind: 'client' });
  const measured = async (one: () => Promise<void>): Promise<number> => {
    const before = process.cpuUsage();
    for (let i = 0; i < HOOKS_MEASURED; i += 1) await one();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / HOOKS_MEASURED;
  };
  await measured(work);
  const [bare, hooked] = [await measured(work), await measured(() => inSpan('x', options, work))];
  return Math.max(0, hooked - bare);
}
