/** What the template bundles: small functions into one file, large ones into what the start reads and the rest. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const TEMPLATE = 'template/node-typescript';
const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  await mkdir('build', { recursive: true });
  // Inside the project, whose packages stand for those that the Dockerfile installs.
  folder = await mkdtemp(resolve('build', 'bundled-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Builds a function of these files, and calls it. @returns the files of its image, what was said, and its answer */
async function built(files: Readonly<Record<string, string>>) {
  const own = (path: string): boolean => !/\/(function|node_modules)$/.test(path);
  await cp(TEMPLATE, folder, { recursive: true, filter: own });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { stderr } = await run(process.execPath, ['build.mjs'], { cwd: folder });
  // The same bundle with an entry that calls the handler, as index.ts serves for ever.
  const entry =
    "import('./function/handler.ts').then(async ({ default: handler }) => console.log(await handler()));";
  const image = (await readdir(join(folder, 'dist'), { recursive: true })).sort();
  await writeFile(join(folder, 'index.ts'), entry);
  await run(process.execPath, ['build.mjs'], { cwd: folder });
  const { stdout } = await run(process.execPath, ['dist/index.js'], { cwd: folder });
  return { image, said: stderr, answer: stdout.trim() };
}

const handler = (body: string): string => `export default async () => {\n${body}\n};\n`;
/** More than what stays in one file. */
const large = `export const large = ${JSON.stringify('x'.repeat(600_000))};\n`;
const commonJs = {
  'function/node_modules/late/package.json': '{ "name": "late", "main": "index.js" }',
  'function/node_modules/late/index.js': 'exports.word = "named";',
};

it('keeps a small function in one file', async () => {
  const { image, answer } = await built({ 'function/handler.ts': handler("return 'small';") });
  expect(image).toEqual(['index.js', 'package.json']);
  expect(answer).toBe('small');
});

it('leaves what is imported late out of what the start reads', async () => {
  const body = "const { large } = await import('./large.ts');\nreturn large.length;";
  const { image, said, answer } = await built({
    'function/handler.ts': handler(body),
    'function/large.ts': large,
  });
  expect(answer).toBe('600000');
  expect(image.filter((file) => file.startsWith('chunks/')).length).toBeGreaterThan(1);
  const [, start, all] = /: (\d+) KB at the start, (\d+) KB in all/.exec(said) ?? [];
  expect(Number(all) - Number(start)).toBeGreaterThan(500);
  expect((await readFile(join(folder, 'dist/index.js'))).length).toBeLessThan(100_000);
});

it('does not split a function that imports a CommonJS package late, of which a chunk would have no names', async () => {
  const body = "const { word } = await import('late');\nreturn word + large.length;";
  const { image, said, answer } = await built({
    ...commonJs,
    'function/handler.ts': `import { large } from './large.ts';\n${handler(body)}`,
    'function/large.ts': large,
  });
  expect(answer).toBe('named600000');
  expect(said).toContain('not split: function/node_modules/late/index.js is CommonJS');
  expect(image).toEqual(['index.js', 'package.json']);
});

it('shortens names within a large function, and leaves those of its files for stacks and logs', async () => {
  const inner = 'const innerName = (given) => { throw new Declared(String(given)); };';
  const { answer } = await built({
    'function/handler.ts': `import { large } from './large.ts';
      class Declared extends Error {}
      function declared(parameterName: number) { ${inner} innerName(parameterName); }
      ${handler("try { declared(large.length); } catch (thrown) { return thrown.constructor.name + thrown.stack.split('\\n').slice(0, 3).join(' '); }")}`,
    'function/large.ts': large,
  });
  expect(answer).toMatch(/^DeclaredError: 600000 .* at declared /);
  const [chunk = ''] = (await chunks()).filter((text) => text.includes('class Declared'));
  expect(chunk).not.toMatch(/innerName|parameterName/);
});

it('leaves a small function as it is written', async () => {
  await built({
    'function/handler.ts': handler("const innerName = 'small';\nreturn innerName + innerName;"),
  });
  expect(await readFile(join(folder, 'dist/index.js'), 'utf8')).toContain('innerName');
});

async function chunks(): Promise<readonly string[]> {
  const files = (await readdir(join(folder, 'dist'), { recursive: true })).filter((file) =>
    file.endsWith('.js'),
  );
  return Promise.all(files.map((file) => readFile(join(folder, 'dist', file), 'utf8')));
}
