// Builds, or takes the build of the last start, then runs the embedded program from it in this very process, so that
// signals reach it. All arguments are passed on; `npm start -- --help` lists them.
import * as modules from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { keptBuild } from './build/kept-build.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** By then all that a start and a cycle need has been compiled, and nobody waits. */
const COMPILED_MS = 20_000;

// Code is optimized once it has run eight times as often as V8 waits for: in a program that works for seconds and then
// rests, a third of the processor time went to compiling. Later versions of Node have a faster compiler in between.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=540672');
const build = await keptBuild(ROOT);
// Later versions of Node also keep what they compiled, beside what it was compiled from.
modules.enableCompileCache?.(join(ROOT, build, 'compile-cache'));
setTimeout(() => modules.flushCompileCache?.(), COMPILED_MS).unref();
await import(`../${build}/gateway/embedded/main.js`);
