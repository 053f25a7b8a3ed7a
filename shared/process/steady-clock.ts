/**
 * The boot-time clock: the time since the machine was booted, suspended time included. It is
 * continuous across processes and measures elapsed time whatever the wall clock was set to.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Instant, SteadyTime } from '#shared/kernel/instant.ts';

/** Identifies one boot of the machine; on systems other than Linux, one start of the process. */
const boot = bootId();

export function steadyTime(): SteadyTime {
  return { boot, ms: Math.round(uptime() * 1000) };
}

/** For clocks moved by a test or a replay: the latest moment shown so far. */
export function steadyTimeOf(now: () => Instant): () => SteadyTime {
  let latestMs = -Infinity;
  return () => {
    latestMs = Math.max(latestMs, now());
    return { boot: 'simulated', ms: latestMs };
  };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return randomUUID();
  }
}
