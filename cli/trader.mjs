#!/usr/bin/env node
// `trader`: runs trader.ts, bundled as every script of the project is.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
process.argv.splice(1, 1, join(here, '../scripts/run.mjs'), join(here, 'trader.ts'));
await import('../scripts/run.mjs');
