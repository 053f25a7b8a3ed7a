/**
 * Gives memory back once nothing was started or called for a while. V8 collects when a program allocates, so that a
 * function that was started and called once keeps what only that needed.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const REST_MS = 6_000;
/** Below it a call is not worth the processor time of a collection, some 60 ms. */
const GROWN_BYTES_MIN = 1024 * 1024;

/**
 * @param isIdle no call is running; a call that is ends later
 * @param heldBytes as it is, unless given
 * @returns what is to be called at the end of the start and of each call; does nothing unless Node was started with `--expose-gc`
 */
export function collectAtRest(isIdle: () => boolean, heldBytes = heapBytes): () => void {
  const { gc } = globalThis;
  if (!gc) return () => undefined;
  let keptBytes = 0;
  const collectIfGrown = (): void => {
    if (!isIdle() || heldBytes() - keptBytes < GROWN_BYTES_MIN) return;
    collect(gc);
    keptBytes = heldBytes();
  };
  const timer = setTimeout(collectIfGrown, REST_MS).unref();
  return () => void timer.refresh();
}

function heapBytes(): number {
  const { total_physical_size: pages, external_memory: buffers } = getHeapStatistics();
  return pages + buffers;
}

/**
 * A start leaves gaps on most pages, and a page goes back only as a whole: what is left is moved together. Code is compiled
 * again where it is called again; most of it ran once. The second collection gives back the pages of young objects.
 */
function collect(gc: NodeJS.GCFunction): void {
  setFlagsFromString('--compact-on-every-full-gc');
  setFlagsFromString('--stress-flush-code');
  gc();
  giveBackPages(gc);
  setFlagsFromString('--no-stress-flush-code');
  setFlagsFromString('--no-compact-on-every-full-gc');
}

/** Collects again: the pages that a collection has emptied go back with the next one. */
export function giveBackPages(gc: NodeJS.GCFunction): void {
  if (process.version.startsWith('v20.')) gc();
  // Later versions keep free pages for later use, 15 MB of a small function, and part with them as a last resort only.
  else gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
