#!/usr/bin/env node
// `trader`: builds it, or takes the build of the last time, and runs it in this very process.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readyBuild } from '../scripts/build/ready-build.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const build = await readyBuild(ROOT, 'trader');
process.argv[1] = join(ROOT, 'cli', 'trader.ts');
await import(`../${build}/cli/trader.js`);
