/** Waits until something is true; the test's own time limit ends it, however slow the machine is. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function until(holds: () => boolean | Promise<boolean>, pauseMs = 10): Promise<void> {
  while (!(await holds())) await sleep(pauseMs);
}

/** Until it succeeds; a failure is no success yet. */
export async function untilDone(work: () => Promise<boolean>): Promise<void> {
  await until(() => work().catch(() => false), 100);
}
