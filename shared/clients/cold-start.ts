/**
 * A function that was just deployed, or whose process exited, cannot be reached for about a second:
 * the platform answers 500 and starts it meanwhile. A retry succeeds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformAnswer } from './function-layout.ts';

/** Together longer than a container takes to start on a small board. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 2_000];
/**
 * After that time it is the answer of a function that ran and crashed, or of a limit in between.
 */
const REFUSED_WITHIN_MS = 2_000;

/**
 * @param isRepeatable whether a call that perhaps reached the function may be retried: the platform
 * answers the same for a function that crashed during the call
 * @returns the first answer that is not the platform's "cannot be reached", else the last
 */
export async function afterColdStart<A extends PlatformAnswer>(
  isRepeatable: boolean,
  signal: AbortSignal,
  attempt: () => Promise<A>,
): Promise<A> {
  let startedAt = performance.now();
  let answer = await attempt();
  for (const pauseMs of isRepeatable ? PAUSES_MS : []) {
    if (!isUnreached(answer) || performance.now() - startedAt > REFUSED_WITHIN_MS) return answer;
    answer.drop?.();
    await sleep(pauseMs, undefined, { signal });
    startedAt = performance.now();
    answer = await attempt();
  }
  return answer;
}

/** Our functions answer every failure in JSON; the platform's proxies do not. */
function isUnreached({ status, contentType = '', internal }: PlatformAnswer): boolean {
  if (contentType.startsWith('application/json')) return false;
  return status === 500 && (internal === 'proxy' || internal === undefined);
}
