// Runs the tests of the function in the working folder: `node ../template/node-typescript/test.mjs`.
// Each `*.test.ts` becomes one JavaScript file that finds packages where the function has them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { templateImports } from './function-imports.mjs';

const folder = process.cwd();
const { build } = createRequire(join(folder, 'package.json'))('esbuild');
const out = join(folder, 'node_modules/.cache/function-tests');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  absWorkingDir: folder,
  entryPoints: readdirSync(folder).filter((name) => name.endsWith('.test.ts')),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  plugins: [templateImports],
  sourcemap: 'linked',
  logLevel: 'error',
});
const files = readdirSync(out).filter((name) => name.endsWith('.mjs'));
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--test', ...files.map((name) => join(out, name))],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
