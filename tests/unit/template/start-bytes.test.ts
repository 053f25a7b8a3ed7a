/**
 * What the start of each function reads, by the bundler's own account: all handlers in one build of the template's, in
 * which each has at least what it has in a build of its own.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';

const BYTES_MAX = 1_000_000;
const PAGE = 'functions/page';

interface Start {
  readonly bytes: number;
  /** Sources of which something is in it. */
  readonly sources: readonly string[];
}

let starts: Readonly<Record<string, Start>>;

beforeAll(() => {
  const folders = [...operations.map(({ folder }) => folder), PAGE];
  const script = `
    import { build } from ${JSON.stringify(require.resolve('esbuild'))};
    import { bytesOf, readAtOnce, split } from ${JSON.stringify(resolve('template/node-typescript/bundling.mjs'))};
    const handlers = ${JSON.stringify(folders.map((folder) => ({ in: resolve(folder, 'handler.ts'), out: folder })))};
    const apart = {
      name: 'apart',
      setup: (build) =>
        build.onResolve({ filter: /function\\/handler\\.ts$/ }, () => ({ path: 'late', external: true })),
    };
    const { metafile: { outputs } } = await build({
      ...split,
      entryPoints: [{ in: 'index.ts', out: 'index' }, ...handlers],
      plugins: [apart, ...split.plugins],
    });
    const starts = handlers.map(({ out }) => {
      const read = [...readAtOnce(outputs, ['dist/index.js', 'dist/' + out + '.js'])];
      const sources = read.flatMap((path) => Object.keys(outputs[path].inputs));
      return [out, { bytes: bytesOf(outputs, read), sources }];
    });
    console.log(JSON.stringify(Object.fromEntries(starts)));`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  starts = JSON.parse(answer) as typeof starts;
});

it('counts the handler and the server of each function', () => {
  expect(Object.keys(starts)).toHaveLength(operations.length + 1);
  for (const [folder, { sources }] of Object.entries(starts)) {
    expect(sources).toContain('serve.ts');
    expect(sources).toContain(join('../..', folder, 'handler.ts'));
  }
});

it('reads less than 1 MB at the start of every function', () => {
  const above = Object.entries(starts).filter(([, { bytes }]) => bytes >= BYTES_MAX);
  expect(above.map(([folder, { bytes }]) => `${folder}: ${bytes}`)).toEqual([]);
});

it('leaves YAML to calls that read some', () => {
  const reading = Object.entries(starts).filter(([, { sources }]) =>
    sources.some((source) => source.includes('node_modules/yaml/')),
  );
  expect(reading.map(([folder]) => folder).sort()).toEqual([
    'functions/gateway/run-replay',
    PAGE,
    'functions/portfolio/update-policy',
  ]);
});
