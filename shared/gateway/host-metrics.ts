/** Measures the resources that this process uses. */
import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HostMetrics {
  readonly uptimeSeconds: number;
  /** Of one core, over a short interval; above 100 where several work. */
  readonly cpuUsagePct: number;
  /** Of the memory this process may use: the machine's, or its container's limit. */
  readonly memoryUsagePct: number;
}

const INTERVAL_MS = 200;

export async function hostMetrics(signal: AbortSignal): Promise<HostMetrics> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await sleep(INTERVAL_MS, undefined, { signal });
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - startedAt;
  return {
    uptimeSeconds: Math.floor(process.uptime()),
    cpuUsagePct: oneDecimal((user + system) / 1000 / elapsedMs),
    memoryUsagePct: oneDecimal(process.memoryUsage.rss() / memoryBytesMax()),
  };
}

function memoryBytesMax(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** A fraction as percent. */
function oneDecimal(ratio: number): number {
  return Math.round(ratio * 1000) / 10;
}
