// Builds, then runs the embedded home in this very process, so that signals reach it.
// All arguments are passed on; `npm start -- --help` lists them.
import { stop } from 'esbuild';
import { build } from './build.mjs';

await build();
// The bundler's process would stay as long as ours, with its memory.
await stop();
await import('../dist/gateway/embedded/main.js');
