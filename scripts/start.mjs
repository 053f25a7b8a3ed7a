// Builds, then runs the embedded home in this very process, so that signals reach it.
// All arguments are passed on; `npm start -- --help` lists them.
import { build } from './build.mjs';

await build();
await import('../dist/gateway/embedded/main.js');
