/** Waits until something is true; the test's own time limit ends it, however slow the machine is. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function until(holds: () => boolean | Promise<boolean>, pauseMs = 10): Promise<void> {
  while (!(await holds())) await sleep(pauseMs);
}
