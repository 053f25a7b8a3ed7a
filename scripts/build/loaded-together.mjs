// What the embedded program loads at once. The bundler makes a chunk for each set of entries that need it, and each late
// import is an entry: as many small modules as there are would have to be found, read, compiled and linked by each thread.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** Operations that run on threads, by their folders; generated from the catalogue. */
const HEAVY = JSON.parse(readFileSync(new URL('heavy-operations.json', import.meta.url), 'utf8'));

/** Modules that are imported late, of which one seldom comes alone; of a group of handlers those that its handlers import. */
const LATE = {
  atStart: [
    'shared/clients/broker/paper/paper-broker.ts',
    'shared/clients/market-data/sample/sample-market-data.ts',
    'shared/clients/open-routes.ts',
    'shared/contract/strict-decode.ts',
    'shared/placement/read-placement.ts',
    'shared/portfolio/policy/policy-document.ts',
    'shared/runtime/runs/open-queue.ts',
  ],
  outside: [
    'shared/clients/broker/alpaca/alpaca-api.ts',
    'shared/clients/broker/alpaca/alpaca-broker.ts',
    'shared/clients/broker/call-pace.ts',
    'shared/clients/broker/interactive-brokers/flex-api.ts',
    'shared/clients/broker/interactive-brokers/interactive-brokers.ts',
    'shared/clients/broker/order-links.ts',
    'shared/clients/broker/symbols.ts',
    'shared/clients/broker/tradernet/tradernet-api.ts',
    'shared/clients/broker/tradernet/tradernet-broker.ts',
    'shared/clients/market-data/alpaca/alpaca-prices.ts',
    'shared/clients/market-data/csv/csv-market-data.ts',
    'shared/clients/market-data/imported/imported-market-data.ts',
    'shared/clients/market-data/live/compared-market-data.ts',
    'shared/clients/market-data/live/open-live.ts',
    'shared/clients/market-data/tradernet/tradernet-prices.ts',
    'shared/clients/market-data/yahoo/yahoo-prices.ts',
  ],
  heavy: [
    'shared/optimization/answer-allocation.ts',
    'shared/optimization/model/optimise.ts',
    'shared/planning/inputs/replanned.ts',
    'shared/planning/model/build-plan.ts',
    'shared/planning/model/decision.ts',
    'shared/planning/model/plan-validity.ts',
    'shared/planning/plan-changed.ts',
    'shared/planning/plan-towards.ts',
    'shared/quant/calendars/calendars.ts',
  ],
  light: ['shared/gateway/overview/overview.ts', 'shared/gateway/run-job.ts'],
  messages: [
    'protos/gen/gateway.ts',
    'protos/gen/optimization.ts',
    'protos/gen/planning.ts',
    'protos/gen/portfolio.ts',
    'protos/gen/scoring.ts',
    'protos/gen/trading.ts',
    'protos/gen/universe.ts',
  ],
  spans: [
    'shared/process/tracing/exporters/otlp-http.ts',
    'shared/process/tracing/exporters/otlp-proto.ts',
    'shared/process/tracing/sdk-tracer.ts',
  ],
};

/**
 * The handlers of a build as three modules: what is computed on the thread that serves, what on others, and the packed
 * services.
 * @returns for each its handlers' folders
 */
export function handlerGroups(root) {
  const folders = (path) =>
    readdirSync(join(root, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${path}/${entry.name}`)
      .sort();
  const packed = folders('functions').filter((service) => folders(service).length > 0);
  const operations = packed.flatMap(folders);
  return {
    light: operations.filter((folder) => !HEAVY.includes(folder)),
    heavy: HEAVY,
    packed,
  };
}

/** The entry of a group of handlers. */
export function groupEntry(name) {
  return `together:handlers/${name}`;
}

/** What `handler.js` of a folder says: its export lies in its group's file. */
export function handlerOf(folder, name, groups) {
  const up = relative(folder, `functions/${name}.js`);
  return `export{${exportName(groups[name].indexOf(folder))} as default}from${JSON.stringify(up)};\n`;
}

function exportName(index) {
  return `of${index}`;
}

function lateName(index) {
  return `late${index}`;
}

/** Makes one module of each group. @throws Error naming a module of a group that nothing imports late any more */
export function loadedTogether(root, groups, late = LATE) {
  const entryOf = (name) => (name in groups ? groupEntry(name) : `together:late/${name}`);
  const places = new Map(
    Object.entries(late).flatMap(([name, files]) =>
      files.map((file, index) => [
        file,
        `import('${entryOf(name)}').then((all) => all.${lateName(index)})`,
      ]),
    ),
  );
  const texts = Object.fromEntries(
    [...new Set([...Object.keys(groups), ...Object.keys(late)])].map((name) => [
      entryOf(name),
      exportsOf(groups[name] ?? [], handlerExport) + exportsOf(late[name] ?? [], namespaceExport),
    ]),
  );
  return {
    name: 'loaded-together',
    setup(build) {
      const unused = new Set(places.keys());
      build.onResolve({ filter: /^together:/ }, ({ path }) => ({
        path,
        namespace: 'together',
      }));
      build.onLoad({ filter: /.*/, namespace: 'together' }, ({ path }) => ({
        contents: texts[path],
        resolveDir: root,
      }));
      build.onLoad({ filter: /\/(functions|gateway|shared)\/.*\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text.replace(/(?<!typeof )import\('([^']+)'\)/g, (whole, specifier) => {
          const file = fileOf(root, path, specifier);
          unused.delete(file);
          return places.get(file) ?? whole;
        });
        return contents === text ? undefined : { contents, loader: 'ts' };
      });
      build.onEnd(({ errors }) => {
        if (errors.length === 0 && unused.size > 0)
          throw new Error(`nothing imports late: ${[...unused].join(', ')}`);
      });
    },
  };
}

function exportsOf(all, text) {
  return all.map(text).join('');
}

function handlerExport(folder, index) {
  return `export { default as ${exportName(index)} } from './${folder}/handler.ts';\n`;
}

function namespaceExport(file, index) {
  return `export * as ${lateName(index)} from './${file}';\n`;
}

/** The file in the project that an import names. */
function fileOf(root, importer, specifier) {
  const own = /^#(shared|protos|gateway)\//.test(specifier);
  if (own) return specifier.slice(1);
  return relative(root, resolve(dirname(importer), specifier));
}
