// How a large function is bundled, and what of the bundle its start reads.
import { TEMPLATE, eitherHandler, templateImports } from './function-imports.mjs';
import { shortNames } from './short-names.mjs';

/** Into one file, whatever is named. */
export const whole = {
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

/** Into what the start reads and what is imported late, with short names within functions. */
export const split = { ...whole, splitting: true, plugins: [...whole.plugins, shortNames] };

/** The entries with all that they import at once. @returns paths of outputs */
export function readAtOnce(outputs, entries) {
  const read = new Set(entries);
  for (const path of read)
    for (const { external, kind, path: imported } of outputs[path].imports)
      if (!external && kind !== 'dynamic-import') read.add(imported);
  return read;
}

export function bytesOf(outputs, paths) {
  return [...paths].reduce((sum, path) => sum + outputs[path].bytes, 0);
}
