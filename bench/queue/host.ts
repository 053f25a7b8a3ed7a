/**
 * One side of the comparison, in a process of its own. Each job synchronizes the prices of a security, one job after the
 * other, and many are asked for at once:
 *   ours  a call of the operation: its run is queued, the connector calls the function and records what it streams and
 *         its outcome, and the caller follows
 *   http  the same, but that the connector calls the function through the gateway
 *   bare  a job of a BullMQ queue, whose worker runs the body of the same handler, and whose result is waited for
 * The work of a job is one of two:
 *   prices  all prices of the security are fetched and stored once more
 *   refused the security is not in the universe, which ten reads of Redis tell: little but what a job costs
 * Given a list of ISINs it answers with the milliseconds until the last of them was done.
 */
import { Queue, QueueEvents, Worker } from 'bullmq';
import { openConnector } from '#gateway/connector/connector.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { Images } from '#gateway/runtime/deployments/runnable-images.ts';
import { FunctionHost } from '#gateway/runtime/invoke/function-host.ts';
import { openRuntime } from '#gateway/runtime/runtime.ts';
import { universe } from '#shared/contract/universe.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { connectQueueRedis } from '#shared/redis/client.ts';
import type { Context, Dependencies } from '#shared/runtime/context.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import syncPrices from '../../functions/universe/sync-prices/handler.ts';

export type Variant = 'ours' | 'http' | 'bare';
export type Work = 'prices' | 'refused';

type Job = (isin: string) => Promise<unknown>;

const { name, folder } = universe.syncPrices;
const settings = parseSettings(process.env);
const redisUrl = settings.redisUrl ?? '';
const requestOf = (isin: string) => ({ isins: [isin], forceRefresh: true });

const spec = { name, image: name, environment: {}, labels: {}, annotations: {}, secrets: [] };
const host = new FunctionHost({
  functions: [{ ...spec, createdAt: new Date().toISOString() }],
  images: new Images([{ name, folder }]),
  load: () => Promise.resolve(syncPrices),
  log: silentLog,
});
const transport = inProcessTransport(host, { token: '' });
const parts = { transport, tokens: null, log: silentLog };
const dependencies = await openDependencies(settings, parts);
host.shareDependencies(dependencies);

async function throughRun({ functions, database, build }: Dependencies): Promise<Job> {
  const gateway = { host, address: '127.0.0.1', port: 0, build, log: silentLog, tokens: null };
  const credentials = { user: 'admin', password: 'password of the bench' };
  const { url: gatewayUrl } = await openRuntime({ ...gateway, credentials });
  const to = { redisUrl, keyPrefix: settings.redisKeyPrefix, gatewayUrl, token: () => '' };
  const direct = variant === 'ours' ? { transport } : {};
  await openConnector({ ...to, ...direct, log: silentLog, database });
  let calls = 0;
  return (isin) => {
    calls += 1;
    const requestId = `bench-${process.pid}-${calls}`;
    const { signal } = new AbortController();
    return functions.call(universe.syncPrices, requestOf(isin), { signal, requestId });
  };
}

async function bare(context: Dependencies): Promise<Job> {
  const prefix = 'bare';
  const connection = () => connectQueueRedis(redisUrl, prefix);
  const queue = new Queue('sync', { connection: connection(), prefix });
  const events = new QueueEvents('sync', { connection: connection(), prefix });
  // Each job that is waited for listens to both.
  for (const one of [queue, events]) one.setMaxListeners(0);
  const { signal } = new AbortController();
  const work = async ({ data }: { readonly data: { readonly isin: string } }) => {
    const request = universe.syncPrices.request.parse(requestOf(data.isin));
    let last: unknown;
    const call = { ...context, signal, requestId: 'bare', idempotencyKey: 'bare' };
    for await (const message of syncPrices.handlerBody(request, call as Context)) last = message;
    return last;
  };
  const worker = new Worker('sync', work, { connection: connection(), prefix });
  await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);
  const kept = { removeOnComplete: 100 };
  return async (isin) => (await queue.add('sync', { isin }, kept)).waitUntilFinished(events);
}

/** Puts all that the market lists into the empty universe, so that jobs have prices to store once more. */
async function fill(context: Dependencies): Promise<void> {
  const { signal } = new AbortController();
  const request = universe.syncPrices.request.parse({});
  const call = { ...context, signal, requestId: 'fill', idempotencyKey: 'fill' };
  for await (const _message of syncPrices.handlerBody(request, call as Context));
}

const [variant, work] = process.argv.slice(2) as [Variant, Work];
if (work === 'prices') await fill(dependencies);
const job = await (variant === 'bare' ? bare(dependencies) : throughRun(dependencies));

process.on('message', (isins: readonly string[]) => {
  const began = performance.now();
  const done = Promise.all(isins.map(job));
  void done.then(() => process.send?.({ ms: performance.now() - began }));
});
process.send?.({ ready: true });
