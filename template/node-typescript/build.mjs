// Bundles the function, its server and their dependencies, so that the image holds no node_modules and the process
// starts fast: into one file, or, where that would be large, into one with chunks beside it. What is imported late is
// then read only when it is needed, as a process keeps the text of every file that it has read; names within functions
// are shortened for the same reason.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { bytesOf, readAtOnce, split, whole } from './bundling.mjs';

const WHOLE_BYTES_MAX = 512 * 1024;

const { metafile, outputFiles } = await bundled();
for (const { path, contents } of outputFiles) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
await writeFile('dist/package.json', '{"type":"module"}\n');
console.error(sizesText(metafile.outputs));

async function bundled() {
  const inOne = await build(whole);
  if (inOne.metafile.outputs['dist/index.js'].bytes <= WHOLE_BYTES_MAX) return inOne;
  const inParts = await build(split);
  const nameless = Object.values(inParts.metafile.outputs).find(isNameless);
  if (!nameless) return inParts;
  console.error(`not split: ${nameless.entryPoint} is CommonJS and imported late`);
  return inOne;
}

/** A CommonJS package that is imported late; a chunk of its own would have a default export alone. */
function isNameless({ entryPoint = '', exports }) {
  return entryPoint.includes('node_modules/') && exports.join() === 'default';
}

/** What the start reads is the entry and its handler, with all that they import at once. */
function sizesText(outputs) {
  const handlers = Object.keys(outputs).filter((path) => isHandler(outputs[path]));
  const atStart = readAtOnce(outputs, ['dist/index.js', ...handlers]);
  const kilobytes = (paths) => Math.round(bytesOf(outputs, paths) / 1024);
  return `dist/index.js: ${kilobytes(atStart)} KB at the start, ${kilobytes(Object.keys(outputs))} KB in all`;
}

function isHandler({ entryPoint = '' }) {
  return /^(function\/handler\.ts|official:handler)$/.test(entryPoint);
}
