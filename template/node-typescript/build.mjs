// Bundles the function, its server and their dependencies, so that the image holds no node_modules and the process
// starts fast: into one file, or, where that would be large, into one with chunks beside it. What is imported late is
// then read only when it is needed, as a process keeps the text of every file that it has read.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { TEMPLATE, eitherHandler, templateImports } from './function-imports.mjs';

const WHOLE_BYTES_MAX = 512 * 1024;

const options = {
  absWorkingDir: TEMPLATE,
  entryPoints: ['index.ts'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Of a package that has both, its ES modules: what of them is not used is left out.
  mainFields: ['module', 'main'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  // What our functions import as text: Redis scripts, and the files of the page.
  loader: { '.lua': 'text', '.html': 'text', '.css': 'text', '.client.js': 'text' },
  plugins: [templateImports, eitherHandler],
  define: { 'process.env.BUILD_VERSION': JSON.stringify(process.env.BUILD_VERSION ?? '0.1.0') },
  // Some modules are CommonJS and ask for Node's own modules with require.
  banner: {
    js: "import { createRequire as bundledRequire } from 'node:module';const require = bundledRequire(import.meta.url);",
  },
  metafile: true,
  write: false,
  logLevel: 'error',
};

const { metafile, outputFiles } = await bundled();
for (const { path, contents } of outputFiles) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
await writeFile('dist/package.json', '{"type":"module"}\n');
console.error(sizesText(metafile.outputs));

async function bundled() {
  const whole = await build(options);
  if (whole.metafile.outputs['dist/index.js'].bytes <= WHOLE_BYTES_MAX) return whole;
  const split = await build({ ...options, splitting: true });
  const nameless = Object.values(split.metafile.outputs).find(isNameless);
  if (!nameless) return split;
  console.error(`not split: ${nameless.entryPoint} is CommonJS and imported late`);
  return whole;
}

/** A CommonJS package that is imported late; a chunk of its own would have a default export alone. */
function isNameless({ entryPoint = '', exports }) {
  return entryPoint.includes('node_modules/') && exports.join() === 'default';
}

/** What the start reads is the entry and its handler, with all that they import at once. */
function sizesText(outputs) {
  const atStart = new Set(['dist/index.js']);
  for (const path of atStart)
    for (const one of outputs[path].imports)
      if (!one.external && (one.kind !== 'dynamic-import' || isHandler(outputs[one.path])))
        atStart.add(one.path);
  const kilobytes = (paths) =>
    Math.round([...paths].reduce((sum, path) => sum + outputs[path].bytes, 0) / 1024);
  return `dist/index.js: ${kilobytes(atStart)} KB at the start, ${kilobytes(Object.keys(outputs))} KB in all`;
}

function isHandler({ entryPoint = '' }) {
  return /^(function\/handler\.ts|official:handler)$/.test(entryPoint);
}
