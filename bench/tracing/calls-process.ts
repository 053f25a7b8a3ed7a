/**
 * One process of the bench, with spans as its environment says. Each line that it reads is a number of calls, which it
 * makes; it answers with the CPU of a call in microseconds, what is exported included.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
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
import getPlan from '../../functions/planning/get-plan/handler.ts';

const HOOKS_MEASURED = 1_000_000;
const [redisUrl = '', inFlight = '1'] = process.argv.slice(2);

const tracing = await openTracing('bench');
const { name, folder } = planning.getPlan;
const spec = { name, image: name, environment: {}, labels: {}, annotations: {}, secrets: [] };
const host = new FunctionHost({
  functions: [{ ...spec, createdAt: new Date().toISOString() }],
  images: new Images([{ name, folder }]),
  load: () => Promise.resolve(getPlan),
  log: silentLog,
});
const settings = parseSettings({ REDIS_URL: redisUrl, REDIS_KEY_PREFIX: 'bench' });
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

console.log('ready');
for await (const line of createInterface({ input: process.stdin }))
  console.log(line === 'hook' ? await cpuUsOfHook() : await cpuUsOfCall(Number(line)));
process.exit(0);

async function cpuUsOfCall(calls: number): Promise<number> {
  const before = process.cpuUsage();
  let left = calls;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, caller));
  await tracing.flush();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
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
