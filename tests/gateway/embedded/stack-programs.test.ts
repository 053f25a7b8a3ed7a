/** Functions come from any stack file: built already, or from the handlers that lie beside it. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readStack, stackFileOf, withPrograms } from '#gateway/embedded/stack-programs.ts';

const run = promisify(execFile);
const projectDir = resolve('.');

let home: string;
let places: { projectDir: string; distDir: string; dataDir: string };

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'trader-stack-')));
  places = { projectDir, distDir: join(home, 'dist'), dataDir: join(home, 'data') };
  await write('dist/functions/planning/create-plan/handler.js', 'export default () => ({});');
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}

const entry = (name: string, more = '') =>
  `  ${name}:\n    handler: ./${name}\n    image: someone/${name}:1\n${more}`;

async function open(functions: string, env: Record<string, string> = {}) {
  await write('stack.yml', `provider:\n  name: openfaas\nfunctions:\n${functions}`);
  const file = join(home, 'stack.yml');
  return withPrograms(await readStack(file, env), file, places);
}

/** Calls a built program in a process of its own, as a thread would load it. */
async function answerOf(folder: string | undefined, body: string): Promise<unknown> {
  const script = `
    const { default: handler } = await import(${JSON.stringify(join(folder ?? '', 'handler.js'))});
    const event = { method: 'POST', path: '/', query: new URLSearchParams(),
      headers: { 'content-type': 'text/plain', 'content-length': '1' }, body: Buffer.from(${JSON.stringify(body)}) };
    const result = await handler(event, { callId: 'c', env: {}, signal: AbortSignal.timeout(1000) });
    process.stdout.write(JSON.stringify(result));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout) as unknown;
}

it('takes the project’s own stack file unless another is given', () => {
  expect(stackFileOf(undefined, places)).toBe(join(projectDir, 'stack.yml'));
  expect(stackFileOf('stack.packed.yml', places)).toBe(join(projectDir, 'stack.packed.yml'));
});

it('builds a handler in TypeScript that lies beside the stack file, with what it imports', async () => {
  await write('hello/greeting.ts', "export const greeting: string = 'hello';");
  await write(
    'hello/handler.ts',
    `import type { FunctionHandler } from '#template/function.ts';
     import { Decimal } from '#shared/kernel/decimal.ts';
     import { greeting } from './greeting.ts';
     const handler: FunctionHandler = () => ({ body: greeting + Decimal.parse('1.50').toString() });
     export default handler;`,
  );
  const [hello] = await open(entry('hello'));
  expect(hello).toMatchObject({
    name: 'hello',
    handler: join(places.dataDir, 'gateway/programs/hello'),
  });
  expect(await answerOf(hello?.handler, '')).toEqual({ body: 'hello1.50' });
});

it('builds a handler that was written for the official Node templates', async () => {
  await write('old/package.json', '{"main":"handler.js"}');
  await write(
    'old/handler.js',
    `'use strict';
     const os = require('node:os');
     module.exports = async (event, context) =>
       context.status(201).succeed({ got: event.body, has: typeof os.cpus });`,
  );
  const [old] = await open(entry('old', '    lang: node20\n'));
  const answer = (await answerOf(old?.handler, 'hi')) as { status: number; body: string };
  expect([answer.status, JSON.parse(answer.body)]).toEqual([201, { got: 'hi', has: 'function' }]);
});

it('builds an image once that several functions share', async () => {
  await write('hello/handler.ts', "export default () => ({ body: 'shared' });");
  const twin = '  twin:\n    handler: ./hello/\n    image: someone/hello:2\n';
  const [hello, other] = await open(entry('hello') + twin);
  expect(other?.handler).toBe(hello?.handler);
  expect(await answerOf(other?.handler, '')).toEqual({ body: 'shared' });
});

it('finds functions of the build, wherever the stack file lies', async () => {
  const [plan] = await open(
    '  plan:\n    handler: ./functions/planning/create-plan\n    image: a/planning-create-plan:2\n',
  );
  expect(plan?.handler).toBe('functions/planning/create-plan');
});

it('reads environment files, the later over the earlier, and fills in variables', async () => {
  await write('hello/handler.ts', 'export default () => ({});');
  await write('one.yml', 'environment: { A: "one", B: "one" }');
  await write('two.yml', 'environment: { B: "two" }');
  const more =
    '    environment: { A: "own", C: "${C:-fallback}", D: "${D}" }\n    environment_file: [one.yml, two.yml]\n';
  const [hello] = await open(entry('hello', more), { D: 'given' });
  expect(hello?.environment).toEqual({ A: 'one', B: 'two', C: 'fallback', D: 'given' });
});

it('names the process that faas-cli would send, from the template or the function', async () => {
  await write('hello/handler.ts', 'export default () => ({});');
  await write('template/node-typescript/template.yml', 'fprocess: node index.js');
  const processOf = async (more: string) => (await open(entry('hello', more)))[0]?.envProcess;
  expect(await processOf('    lang: node-typescript\n')).toBe('node index.js');
  expect(await processOf('    lang: node-typescript\n    fprocess: cat\n')).toBe('cat');
  expect(await processOf('    lang: other\n')).toBeUndefined();
});

it.each([
  ['names a handler that is nowhere', entry('nowhere'), /not built: nowhere/],
  [
    'names a handler that does not build',
    entry('broken'),
    /function broken does not build: .*handler\.ts:1/,
  ],
  [
    'gives two handlers one image',
    `${entry('hello')}  twin:\n    handler: ./broken\n    image: other/hello:2\n`,
    /functions\.twin\.image: "hello" already stands for hello/,
  ],
  [
    'has a value that is no text',
    entry('hello', '    labels: { a: 1 }\n'),
    /functions\.hello\.labels\.a/,
  ],
  [
    'reads a file that is not there',
    entry('hello', '    environment_file: [no.yml]\n'),
    /cannot read .*no\.yml \(ENOENT\)/,
  ],
])('does not start on a stack file that %s', async (_what, functions, reason) => {
  await write('broken/handler.ts', "import './not-there.ts'; export default () => ({});");
  await write('hello/handler.ts', 'export default () => ({});');
  await expect(open(functions)).rejects.toThrow(reason);
});

it('says which stack file cannot be read', async () => {
  await expect(readStack(join(home, 'no.yml'), {})).rejects.toThrow(
    `STACK_FILE: cannot read ${join(home, 'no.yml')} (ENOENT).`,
  );
});
