/**
 * A clock that nobody sets: the time since the machine was started, with the time it slept. It goes on
 * from one process to the next, and tells how long ago something was, whatever the wall clock was set to.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Instant, SteadyTime } from '#shared/kernel/instant.ts';

/** Names one start of the machine; elsewhere than on Linux one start of the process. */
const boot = bootId();

export function steadyTime(): SteadyTime {
  return { boot, ms: Math.round(uptime() * 1000) };
}

/** For clocks that a test or a replay moves: the latest moment that the clock has shown. */
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
