/** Lets large matrix products use a second processor, where there is one. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { offerThreads } from '#shared/quant/linear-algebra/second-thread.ts';

/** Nothing is started before there is work for it, and nothing that is started keeps the process. */
export function offerSecondThread(): void {
  if (availableParallelism() < 2) return;
  offerThreads((program, workerData) => {
    const worker = new Worker(program, { eval: true, workerData, env: {}, execArgv: [] });
    worker.unref();
    // It holds nothing that its end could lose: products are then done by the thread that asks.
    worker.on('error', () => undefined);
  });
}
