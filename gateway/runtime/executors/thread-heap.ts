/** How much heap a thread gets where its function names no limit. */
const MB = 2 ** 20;
/** Enough for the heaviest model; a leak ends its own thread, not the host. */
const HEAP_MB_DEFAULT = 512;
/** The host and its Redis have the rest of what the control group may take. */
const GROUP_RATIO = 0.5;

/** @param groupBytes limit of the control group; 0 or more than there is: without one */
export function heapMbWithin(groupBytes = process.constrainedMemory()): number {
  const half = Math.floor((groupBytes / MB) * GROUP_RATIO);
  return half > 0 ? Math.min(HEAP_MB_DEFAULT, half) : HEAP_MB_DEFAULT;
}
