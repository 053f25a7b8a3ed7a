// The build of a program, and the engine made ready for it.
import * as modules from 'node:module';
import { join } from 'node:path';
import { keptBuild } from './kept-build.mjs';
import { optimizeLate } from './optimize-late.mjs';

/**
 * @param {string} root of the project
 * @param {'kept' | 'trader'} kind as for keptBuild
 * @returns the build's folder in it
 */
export async function readyBuild(root, kind) {
  optimizeLate();
  const build = await keptBuild(root, kind);
  // Later versions of Node also keep what they compiled, beside what it was compiled from.
  modules.enableCompileCache?.(join(root, build, 'compile-cache'));
  return build;
}
