// The build of a program, and the engine made ready for it.
import * as modules from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { keptBuild } from './kept-build.mjs';

/**
 * @param {string} root of the project
 * @param {'kept' | 'trader'} kind as for keptBuild
 * @returns the build's folder in it
 */
export async function readyBuild(root, kind) {
  // Code is optimized once it has run eight times as often as V8 waits for: in a program that works for seconds and then
  // rests or ends, up to a third of the processor time went to compiling. Later versions of Node have a faster compiler in
  // between.
  if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=540672');
  const build = await keptBuild(root, kind);
  // Later versions of Node also keep what they compiled, beside what it was compiled from.
  modules.enableCompileCache?.(join(root, build, 'compile-cache'));
  return build;
}
