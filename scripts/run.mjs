// Runs a script of this project that is written in TypeScript: node scripts/run.mjs <file> [arguments]
// The script is bundled as everything else is, so it may import whatever the project has.
import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from './build/bundle-options.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [script, ...rest] = process.argv.slice(2);
if (script === undefined) {
  console.error('usage: node scripts/run.mjs <script.ts> [arguments]');
  process.exit(2);
}

// Inside the project, so that node_modules is found from it.
const folder = join(ROOT, 'build', 'scripts');
const outfile = join(folder, `${basename(script, '.ts')}-${process.pid}.mjs`);
mkdirSync(folder, { recursive: true });
process.once('exit', () => rmSync(outfile, { force: true }));

await build({
  entryPoints: [resolve(script)],
  absWorkingDir: ROOT,
  outfile,
  ...bundleOptions,
  // Three times as long as the program, and read with it.
  sourcemap: process.sourceMapsEnabled ? 'inline' : false,
});
process.argv = [process.argv[0] ?? 'node', resolve(script), ...rest];
await import(pathToFileURL(outfile).href);
