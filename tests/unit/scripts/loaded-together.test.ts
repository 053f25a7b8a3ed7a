/** Modules that the build of `npm start` puts together: handlers by where they run, and some that are imported late. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loaded-together-'));
  write('package.json', '{"type":"module","imports":{"#shared/*":"./shared/*"}}');
  for (const name of ['one', 'two'])
    write(`shared/${name}.ts`, `export const open = (): string => 'late ${name}';`);
  const late = ['./one.ts', '#shared/two.ts'].map((file) => `(await import('${file}')).open()`);
  write('shared/main.ts', `console.log(${late.join(', ')});`);
  for (const operation of ['add', 'get', 'solve'])
    write(`functions/sums/${operation}/handler.ts`, `export default (): string => '${operation}';`);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const handlers = {
  light: ['functions/sums/add', 'functions/sums/get'],
  heavy: ['functions/sums/solve'],
};

/** Builds the files above. @returns the entries of its outputs */
function built(late: Readonly<Record<string, readonly string[]>>) {
  const module = join(__dirname, '../../../scripts/build/loaded-together.mjs');
  const script = `
    const { build } = await import(${JSON.stringify(require.resolve('esbuild'))});
    const { groupEntry, handlerOf, loadedTogether } = await import(${JSON.stringify(module)});
    const { writeFileSync, mkdirSync } = await import('node:fs');
    const groups = ${JSON.stringify(handlers)};
    const { metafile } = await build({
      absWorkingDir: ${JSON.stringify(root)}, outdir: 'out', bundle: true, splitting: true, format: 'esm',
      platform: 'node', metafile: true, logLevel: 'silent',
      entryPoints: [
        { in: 'shared/main.ts', out: 'main' },
        ...Object.keys(groups).map((name) => ({ in: groupEntry(name), out: 'functions/' + name })),
      ],
      plugins: [loadedTogether(${JSON.stringify(root)}, groups, ${JSON.stringify(late)})],
    });
    for (const [name, folders] of Object.entries(groups))
      for (const folder of folders) {
        mkdirSync('out/' + folder, { recursive: true });
        writeFileSync('out/' + folder + '/handler.js', handlerOf(folder, name, groups));
      }
    console.log(JSON.stringify(Object.values(metafile.outputs).flatMap(({ entryPoint }) => entryPoint ?? [])));`;
  const { stdout, stderr } = ran(['--input-type=module', '-e', script]);
  return { entries: stdout && (JSON.parse(stdout) as string[]).sort(), stderr };
}

function ran(args: readonly string[]) {
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
}

test('puts late modules of a group into one file, with the names of each apart', () => {
  const { entries } = built({ pair: ['shared/one.ts', 'shared/two.ts'] });
  expect(entries).toEqual([
    'shared/main.ts',
    'together:together:handlers/heavy',
    'together:together:handlers/light',
    'together:together:late/pair',
  ]);
  expect(ran(['out/main.js']).stdout).toBe('late one late two\n');
});

test('leaves a late module that is in no group in a file of its own', () => {
  const { entries } = built({ pair: ['shared/one.ts'] });
  expect(entries).toContain('shared/two.ts');
  expect(ran(['out/main.js']).stdout).toBe('late one late two\n');
});

test('puts a late module into the file of handlers that it is stated with', () => {
  const { entries } = built({ light: ['shared/one.ts', 'shared/two.ts'] });
  expect(entries).toHaveLength(1 + Object.keys(handlers).length);
  expect(ran(['out/main.js']).stdout).toBe('late one late two\n');
});

test('refuses a group with a module that nothing imports late', () => {
  const { stderr } = built({ pair: ['shared/one.ts', 'shared/gone.ts'] });
  expect(stderr).toContain('shared/gone.ts');
});

test('finds each handler where the sources have it', () => {
  built({});
  const answers = Object.values(handlers)
    .flat()
    .map((folder) => {
      const script = `console.log((await import('./out/${folder}/handler.js')).default())`;
      return ran(['--input-type=module', '-e', script]).stdout.trim();
    });
  expect(answers).toEqual(['add', 'get', 'solve']);
  expect(readFileSync(join(root, 'out/functions/sums/add/handler.js'), 'utf8')).toContain(
    'light.js',
  );
});
