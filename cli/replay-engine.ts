/** How V8 is set for replays. */
import { setFlagsFromString } from 'node:v8';

/**
 * By how much of what lives the heap may grow until it is collected: left to itself it takes whatever room the machine
 * has, several times of what it needs.
 */
const HEAP_GROWTH_PERCENT = 100;

/** For the whole process, threads too; before the handlers are read. */
export function setReplayEngine(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  // Very many functions take part, each for a little: compiled simply at once, none has to be interpreted first.
  setFlagsFromString('--always-sparkplug');
}
