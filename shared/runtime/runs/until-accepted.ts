/** How a run ended must not be lost because Redis does not take it for a moment. */
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 1_000;
const TRIES_MAX = 300;

/**
 * Writes until Redis accepts it.
 * @param goesOn whether it may be tried again
 * @throws what the last try threw
 */
export async function untilAccepted<T>(
  write: () => Promise<T>,
  goesOn: () => boolean = () => true,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (thrown) {
      if (tries >= TRIES_MAX || !goesOn()) throw thrown;
    }
    await sleep(PAUSE_MS);
  }
}
