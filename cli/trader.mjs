#!/usr/bin/env node
// `trader`: builds it, or takes the build of the last time, and runs it in this very process.
import * as modules from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptBuild } from '../scripts/build/kept-build.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const build = await keptBuild(ROOT, 'trader');
// Later versions of Node keep what they compiled, beside what it was compiled from.
modules.enableCompileCache?.(join(ROOT, build, 'compile-cache'));
process.argv[1] = join(ROOT, 'cli', 'trader.ts');
await import(`../${build}/cli/trader.js`);
