// Builds, or takes the build of the last start, then runs the embedded program from it in this very process, so that
// signals reach it. All arguments are passed on; `npm start -- --help` lists them.
import * as modules from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readyBuild } from './build/ready-build.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** By then all that a start and a cycle need has been compiled, and nobody waits. */
const COMPILED_MS = 20_000;

const build = await readyBuild(ROOT, 'kept');
setTimeout(() => modules.flushCompileCache?.(), COMPILED_MS).unref();
await import(`../${build}/gateway/embedded/main.js`);
