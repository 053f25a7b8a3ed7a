import { setFlagsFromString } from 'node:v8';

/**
 * Code is optimized once it has run eight times as often as V8 waits for: in a program that works for seconds and then
 * rests or ends, up to a third of the processor time went to compiling. Later versions of Node have a faster compiler in
 * between.
 */
export function optimizeLate() {
  if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=540672');
}
