// Bundles what runs into dist/, at the paths of the sources:
//   gateway/embedded/main.ts → dist/gateway/embedded/main.js
//   functions/<service>/<operation>/handler.ts → dist/functions/<service>/<operation>/handler.js
//   functions/<service>/handler.ts, the packed service, likewise
// Node modules stay outside; what several files share becomes one chunk.
//
// node scripts/build.mjs [--out <folder inside the project>] [--also <program.ts>]…
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'esbuild';
import { buildVersion } from './build/build-version.mjs';
import { bundleOptions } from './build/bundle-options.mjs';
import { groupEntry, handlerGroups, handlerOf, loadedTogether } from './build/loaded-together.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = 'functions/page/handler.ts';
const STARTED = ['gateway/embedded/main.ts', 'gateway/runtime/executors/worker.ts', PAGE];
/** Programs of a board; they are bundled apart, as what they share with the others would be in chunks of its own. */
const ON_BOARDS = ['gateway/connector/main.ts', 'gateway/facade/main.ts'];

/** They read files that lie beside their own, or are used only where something is built. */
const EXTERNAL = ['@grpc/*', 'grpc-health-check', 'esbuild'];
/** Some packages are CommonJS and ask for Node's own modules with require. */
const REQUIRE =
  "import { createRequire as bundledRequire } from 'node:module';const require = bundledRequire(import.meta.url);";

/**
 * Builds everything; `out` is a folder inside the project, so that node_modules is found from it.
 * `also` are programs besides, such as those that measure the others.
 */
export async function build({ out = 'dist', also = [] } = {}) {
  await buildStart({ out, also });
  await bundleAll(out, { entryPoints: ON_BOARDS });
}

/** What `npm start` runs: the embedded program, its threads, and the functions. */
export async function buildStart({ out, also = [] }) {
  empty(out);
  const groups = handlerGroups(ROOT);
  const plugins = [loadedTogether(ROOT, groups)];
  const entryPoints = [
    ...[...STARTED, ...also].map(entry),
    ...Object.keys(groups).map((name) => ({ in: groupEntry(name), out: `functions/${name}` })),
  ];
  await bundleAll(out, { entryPoints, plugins });
  for (const [name, folders] of Object.entries(groups))
    for (const folder of folders) {
      mkdirSync(join(ROOT, out, folder), { recursive: true });
      writeFileSync(join(ROOT, out, folder, 'handler.js'), handlerOf(folder, name, groups));
    }
}

/** The command `trader` alone, with the thread of its replays. */
export function buildTrader({ out }) {
  empty(out);
  return bundleAll(out, { entryPoints: ['cli/trader.ts', 'cli/replay-thread.ts'] });
}

function entry(file) {
  return { in: file, out: file.replace(/\.ts$/, '') };
}

function empty(out) {
  rmSync(join(ROOT, out), { recursive: true, force: true });
}

async function bundleAll(out, own) {
  const { metafile } = await bundledWithin(availableMb(), {
    absWorkingDir: ROOT,
    ...own,
    outdir: out,
    outbase: '.',
    ...bundleOptions,
    packages: 'bundle',
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    banner: { js: REQUIRE },
    // Node keeps the text of each module; names stay, and lines are short enough for a stack's positions.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    legalComments: 'linked',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
    define: { 'process.env.BUILD_VERSION': JSON.stringify(buildVersion(ROOT)) },
  });
  for (const { entryPoint = '', exports } of Object.values(metafile.outputs))
    if (entryPoint.includes('node_modules/') && exports.join() === 'default')
      throw new Error(
        `${entryPoint} is CommonJS: import it in a module of its own, and that one late`,
      );
}

/** Of memory, by the control group and the machine; earlier versions of Node do not say. */
function availableMb() {
  return Math.floor((process.availableMemory?.() ?? Infinity) / 2 ** 20);
}

/** Below it the bundler collects its garbage early, for twice the processor time, and makes no maps: 370 MB in place of 600. */
const ROOMY_MB = 900;
const BUNDLING_MB = 370;

async function bundledWithin(mb, options) {
  const isRoomy = mb >= ROOMY_MB;
  if (!isRoomy) process.env.GOGC ??= '20';
  try {
    return await bundle({ ...options, sourcemap: isRoomy && 'linked' });
  } catch (thrown) {
    if (!thrown.message.startsWith('The service was stopped')) throw thrown;
    const left = Number.isFinite(mb) ? `, and ${mb} MB were left` : '';
    console.error(
      `The bundler was ended, most likely for want of memory: it takes some ${BUNDLING_MB} MB${left}. ` +
        'Raise the limit of memory for this start; those after it take what it has built.',
    );
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'dist' },
      also: { type: 'string', multiple: true, default: [] },
    },
  });
  const startedAt = performance.now();
  await build(values);
  console.error(`built ${values.out}/ in ${Math.round(performance.now() - startedAt)} ms`);
}
