// Bundles the function, its server and their dependencies into one file, so that the image holds no
// node_modules and the process starts fast.
import { mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { TEMPLATE, eitherHandler, templateImports } from './function-imports.mjs';

const { metafile } = await build({
  absWorkingDir: TEMPLATE,
  entryPoints: ['index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'eof',
  // What our functions import as text: Redis scripts, and the files of the page.
  loader: { '.lua': 'text', '.html': 'text', '.css': 'text', '.client.js': 'text' },
  plugins: [templateImports, eitherHandler],
  define: { 'process.env.BUILD_VERSION': JSON.stringify(process.env.BUILD_VERSION ?? '0.1.0') },
  // Some modules are CommonJS and ask for Node's own modules with require.
  banner: {
    js: "import { createRequire as bundledRequire } from 'node:module';const require = bundledRequire(import.meta.url);",
  },
  metafile: true,
  logLevel: 'error',
});
await mkdir('dist', { recursive: true });
await writeFile('dist/package.json', '{"type":"module"}\n');
const [{ bytes }] = Object.values(metafile.outputs);
console.error(`dist/index.js: ${Math.round(bytes / 1024)} KB`);
