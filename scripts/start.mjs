// Builds into a folder of its own, or links the build of the last start into it, then runs the embedded program in
// this very process, so that signals reach it. A second start never touches the files that a running one still loads.
// All arguments are passed on; `npm start -- --help` lists them.
import { rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { keptBuild } from './build/kept-build.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NAME = /^start-(\d+)$/;
/** Nobody waits for them to go. */
const LEFTOVERS_MS = 20_000;

// Code is optimized once it has run eight times as often as V8 waits for: in a program that works for seconds and then
// rests, a third of the processor time went to compiling. Later versions of Node have a faster compiler in between.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=540672');
setTimeout(() => void removeLeftovers(), LEFTOVERS_MS).unref();
const out = `build/start-${process.pid}`;
process.once('exit', () => rmSync(join(ROOT, out), { recursive: true, force: true }));
await keptBuild(ROOT, out);
await import(`../${out}/gateway/embedded/main.js`);

/** Builds of starts that were killed. */
async function removeLeftovers() {
  for (const name of await readdir(join(ROOT, 'build')).catch(() => [])) {
    const [, pid] = NAME.exec(name) ?? [];
    if (pid !== undefined && !lives(Number(pid)))
      await rm(join(ROOT, 'build', name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown.code === 'EPERM';
  }
}
