/** The whole program with each of its stack files: every operation is reachable at its name. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operations, packedPath } from '#shared/contract/catalogue.ts';
import { pageFunction, rpcName, serviceNames } from '#shared/contract/names.ts';
import type { Operation } from '#shared/contract/row.ts';
import { buildDescriptors } from '../support/endpoints/built-descriptors.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';
import { until } from '../support/until.ts';

const files = buildDescriptors().file;
const messages = new Map(
  files.flatMap((file) => file.messageType.map((type) => [`.${file.package}.${type.name}`, type])),
);
const answersOf = new Map<string, string>(
  files.flatMap((file) =>
    file.service.flatMap((service) =>
      service.method.map(
        ({ name, outputType }) => [`${service.name}/${name}`, outputType] as const,
      ),
    ),
  ),
);

/** Paths in a JSON message that its proto does not have. */
function strange(type: string, value: unknown, path = ''): string[] {
  const fields = messages.get(type)?.field;
  if (!fields || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const field = fields.find(({ jsonName }) => jsonName === name);
    if (!field) return [`${path}/${name}`];
    const many = Array.isArray(inner) ? inner : [inner];
    return many.flatMap((one) => strange(field.typeName ?? '', one, `${path}/${name}`));
  });
}

let program: Program;
let run: Run;
let url: string;
let metricsUrl: string;
let authorization: string;
let dataDir: string;

beforeAll(() => {
  program = buildProgram('stacks');
});
afterAll(async () => {
  await program.remove();
  await removeDataDirs();
});

async function startWith(stackFile: string): Promise<void> {
  dataDir = await freshDataDir();
  // A scrape of the state's metrics is a call of a function, which is counted here.
  const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4', STATE_METRICS: 'off' };
  run = program.start(['--dry-run'], { DATA_DIR: dataDir, STACK_FILE: stackFile, ...small });
  await run.says('Ctrl-C stops');
  const said = /gateway at (\S+) \(metrics at (\S+)\)/.exec(run.stdout()) ?? [];
  [, url = '', metricsUrl = ''] = said;
  const password = await secret('secrets/basic-auth-password');
  authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
}

async function secret(path: string): Promise<string> {
  return (await readFile(join(dataDir, path), 'utf8')).trim();
}

/** What opens an operation, where reading is open to all. */
async function tokenFor({ effect }: Operation): Promise<Record<string, string>> {
  if (effect === 'reads') return {};
  const name = effect === 'trades' ? 'trade-token' : 'write-token';
  return { authorization: `Bearer ${await secret(`function-secrets/openfaas-fn/${name}`)}` };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function post(path: string, headers: object = {}, body: object = {}): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function system<T>(path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

async function calls(name: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const series = `gateway_function_invocation_started{function_name="${name}.openfaas-fn"}`;
  return Number(text.split(`${series} `)[1]?.split('\n')[0] ?? 0);
}

/** Asserts that it is an answer that the contract permits. */
function expectByContract(operation: Operation, { status, headers, text }: Answer): void {
  const { name, service, rpc } = operation;
  expect([name, [200, 400, 404, 409, 422]]).toEqual([name, expect.arrayContaining([status])]);
  const type = headers.get('content-type') ?? '';
  if (status !== 200) {
    expect([name, type]).toEqual([name, expect.stringMatching(/^application\/json/)]);
    expect(JSON.parse(text)).toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/) as unknown,
      message: expect.stringMatching(/\S/) as unknown,
    });
    return;
  }
  expect([name, type]).toEqual([name, expect.stringMatching(/^application\/(x-nd)?json/)]);
  const parts = type.includes('ndjson') ? text.trim().split('\n') : [text];
  const answerType = answersOf.get(rpcName(service, rpc)) ?? '';
  expect(messages.has(answerType)).toBe(true);
  for (const part of parts)
    expect([name, strange(answerType, JSON.parse(part))]).toEqual([name, []]);
}

describe.each([
  { file: 'stack.yml', count: operations.length + 1, pathOf: ({ name }: Operation) => name },
  { file: 'stack.packed.yml', count: serviceNames.length + 1, pathOf: packedPath },
])('with $file', ({ file, count, pathOf }) => {
  const functionOf = (operation: Operation): string => pathOf(operation).split('/')[0] ?? '';

  beforeAll(() => startWith(file));
  afterAll(async () => {
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  });

  test(`${count} functions are deployed, and all are ready`, async () => {
    const listed = await system<{ name: string; availableReplicas: number }[]>('/system/functions');
    expect(listed).toHaveLength(count);
    expect(new Set(listed.map(({ name }) => name))).toEqual(
      new Set([...operations.map(functionOf), pageFunction.name]),
    );
    for (const { name, availableReplicas } of listed)
      expect([name, availableReplicas]).toEqual([name, 1]);
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s answers according to its contract, and only to permitted callers',
    async (_name, operation) => {
      const path = `/function/${pathOf(operation)}`;
      const open = await post(path);
      if (operation.effect === 'reads' || operation.credential === 'request')
        expectByContract(operation, open);
      else {
        expect([open.status, open.headers.get('www-authenticate')]).toEqual([
          401,
          'Bearer realm="arduino-trader"',
        ]);
        expect(JSON.parse(open.text)).toMatchObject({ code: 'UNAUTHENTICATED' });
      }
      const token = await tokenFor(operation);
      const isCycle = operation.rpc === 'triggerTradingCycle';
      const body = isCycle ? { dryRun: true } : {};
      const accept = operation.streams ? { accept: 'application/x-ndjson' } : undefined;
      expectByContract(operation, await post(path, { ...token, ...accept }, body));
      const wrong = await post(path, token, { surprise: 1 });
      expect([wrong.status, JSON.parse(wrong.text)]).toEqual([
        400,
        expect.objectContaining({ code: 'INVALID_REQUEST' }),
      ]);
    },
    120_000,
  );

  test('a queued call is carried out by the name, with and without the namespace', async () => {
    const summary = operations.find(({ name }) => name === 'portfolio-get-summary');
    if (!summary) throw new Error('the catalogue has no summary');
    const [name = '', ...rest] = pathOf(summary).split('/');
    for (const [callId, one] of Object.entries({ bare: name, full: `${name}.openfaas-fn` })) {
      const path = `/async-function/${[one, ...rest].join('/')}`;
      const { status, headers } = await post(path, { 'x-call-id': `${count}-${callId}` });
      expect([status, headers.get('x-call-id')]).toEqual([202, `${count}-${callId}`]);
      const poll = () =>
        system<{ state: string; status?: number }>(`/system/async/${count}-${callId}`);
      await until(async () => (await poll()).state === 'done');
      expect(await poll()).toMatchObject({ state: 'done', status: 200 });
    }
  });

  test('a queued call that trades needs its token, too', async () => {
    const cycle = operations.find(({ rpc }) => rpc === 'triggerTradingCycle');
    if (!cycle) throw new Error('the catalogue has no cycle');
    expect((await post(`/async-function/${pathOf(cycle)}`)).status).toBe(401);
  });

  test('functions of the other stack file are absent', async () => {
    const other = file === 'stack.yml' ? 'portfolio/get-summary' : 'portfolio-get-summary';
    expect((await post(`/function/${other}`)).status).toBe(404);
    expect((await post(`/async-function/${other}`)).status).toBe(404);
  });

  test('metrics and list count each call', async () => {
    const jobs = operations.find(({ rpc }) => rpc === 'searchSecurities');
    if (!jobs) throw new Error('the catalogue has no search');
    const name = functionOf(jobs);
    const listed = async (): Promise<number> =>
      (await system<{ invocationCount: number }>(`/system/function/${name}`)).invocationCount;
    const before = [await calls(name), await listed()];
    await post(`/function/${pathOf(jobs)}`, {}, { query: 'a' });
    await post(`/function/${pathOf(jobs)}`, {}, { surprise: 1 });
    expect([await calls(name), await listed()]).toEqual(before.map((number) => number + 2));
  });
});
