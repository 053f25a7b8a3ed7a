/**
 * Loaded into the serving process before its program: measures how late its event loop is, and says so
 * when asked. Ends the process with the one that started it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** In ms. The loop looks every ms; what it is late beyond that is its delay. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const RESOLUTION_MS = 1;
const NS_PER_MS = 1e6;

if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const ms = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  process.on('message', (question) => {
    if (question === 'delay') {
      const [p50, p99] = [50, 99].map((share) => ms(histogram.percentile(share)));
      process.send?.({ p50, p99, max: ms(histogram.max) });
    } else if (question === 'reset') histogram.reset();
  });
  process.on('disconnect', () => process.exit());
}
