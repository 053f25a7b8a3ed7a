import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRig, type Rig } from './rig.ts';
import { row } from './row-test.ts';

interface Status {
  readonly name: string;
  readonly replicas: number;
  readonly availableReplicas: number;
  readonly createdAt: string;
  readonly [field: string]: unknown;
}

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: [] });
});
afterAll(() => rig.close());

const NAME = /^[a-z0-9-]+$/;
let names = 0;

/** A name no other test uses. */
function fresh(): string {
  names += 1;
  return `fn-${names}`;
}

const system = (method: string, body?: unknown, path = '/system/functions') =>
  rig.call(method, path, { auth: true, ...(body !== undefined && { body }) });

const specOf = (name: string, overrides: object = {}) => ({
  service: name,
  image: 'fixtures/echo:latest',
  ...overrides,
});

/** Deploys echo under a name of its own. */
async function deployed(overrides: object = {}): Promise<string> {
  const name = fresh();
  expect((await system('POST', specOf(name, overrides))).status).toBe(200);
  return name;
}

async function list(): Promise<Status[]> {
  return (await system('GET')).json() as Promise<Status[]>;
}

async function status(name: string): Promise<Status> {
  return (await system('GET', undefined, `/system/function/${name}`)).json() as Promise<Status>;
}

async function statusOf(call: Promise<Response>): Promise<number> {
  const answer = await call;
  await answer.arrayBuffer();
  return answer.status;
}

const invoke = (name: string) => rig.call('POST', `/function/${name}`, { body: 'hi' });

/** A refusal in words that hold all of these, which left the functions as they were. */
async function expectRefused(call: () => Promise<Response>, ...words: string[]): Promise<void> {
  const before = (await list()).map(({ name }) => name);
  const answer = await call();
  expect(answer.status).toBe(400);
  const text = await answer.text();
  for (const word of words) expect(text).toContain(word);
  expect((await list()).map(({ name }) => name)).toEqual(before);
}

row(14, async () => {
  const answer = await system('GET');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await answer.text()).toBe('[]');
});

row(15, async () => {
  expect(await statusOf(system('PUT', { service: 'n1', image: 'x' }))).toBe(404);
});

row(16, async () => {
  expect([200, 202]).toContain(await statusOf(system('POST', specOf(fresh()))));
});

row(17, async () => {
  const name = await deployed();
  expect([200, 202]).toContain(await statusOf(system('PUT', specOf(name))));
});

row(18, async () => {
  const name = await deployed();
  await expectRefused(() => system('POST', specOf(name)), name, 'already exists');
});

row(19, async () => {
  await expectRefused(() => system('POST'));
  await expectRefused(() => system('PUT'));
  await expectRefused(() => system('DELETE'));
});

row(20, async () => {
  await expectRefused(() => system('POST', '{'), 'malformed JSON');
  await expectRefused(() => system('POST', '[]'), 'body');
});

row(21, async () => {
  await expectRefused(() => system('POST', {}), 'service', 'image');
  await expectRefused(() => system('POST', { service: 'a' }), 'image');
  await expectRefused(() => system('POST', { image: 'fixtures/echo' }), 'service');
  await expectRefused(() => system('POST', specOf('a', { image: '' })), 'image');
});

row(22, async () => {
  for (const service of ['../x', 'A', 'a_b', 'a.b', '-a', 'a-', 'a'.repeat(64), ''])
    await expectRefused(() => system('POST', specOf(service)), 'service');
  expect(await statusOf(system('POST', specOf('a'.repeat(63))))).toBe(200);
});

row(23, async () => {
  const name = fresh();
  await expectRefused(() => system('POST', specOf(name, { envVars: { A: 1 } })), 'envVars.A');
  await expectRefused(() => system('POST', specOf(name, { labels: { b: true } })), 'labels.b');
  await expectRefused(
    () => system('POST', specOf(name, { annotations: { c: {} } })),
    'annotations.c',
  );
});

row(24, async () => {
  const name = fresh();
  // Keys are also read in any case, as Go does.
  const body = { SERVICE: name, Image: 'fixtures/echo', network: 'x', limits: null };
  expect(await statusOf(system('POST', body))).toBe(200);
  expect(await status(name)).toMatchObject({ name, image: 'fixtures/echo' });
});

row(25, async () => {
  const name = fresh();
  await expectRefused(
    () => system('POST', specOf(name, { secrets: ['nope'] })),
    'unable to find secret: nope',
  );
  const old = await deployed({ envVars: { A: 'old' } });
  const before = await status(old);
  await expectRefused(() => system('PUT', specOf(old, { secrets: ['nope'] })), 'nope');
  expect(await status(old)).toEqual(before);
});

row(26, async () => {
  const name = await deployed({ envVars: { A: 'old' } });
  for (const image of ['registry.example/nobody/has-this:1', 'fixtures/bad-start'])
    await expectRefused(() => system('PUT', specOf(name, { image })), image);
  await expectRefused(
    () => system('PUT', specOf(name, { limits: { memory: 'much' } })),
    'limits.memory',
  );
  expect(await statusOf(invoke(name))).toBe(200);
  expect(await status(name)).toMatchObject({ envVars: { A: 'old' }, availableReplicas: 1 });
});

row(27, async () => {
  const name = await deployed({ envVars: { A: 'b' } });
  await statusOf(invoke(name));
  const found = (await list()).find((one) => one.name === name);
  expect(found).toEqual({
    name,
    image: 'fixtures/echo:latest',
    namespace: 'openfaas-fn',
    labels: { faas_function: name },
    annotations: {},
    envProcess: '',
    envVars: { A: 'b' },
    secrets: [],
    replicas: 1,
    availableReplicas: 1,
    invocationCount: 1,
    createdAt: expect.any(String),
  });
});

row(28, async () => {
  await deployed();
  for (const { replicas, createdAt } of await list()) {
    expect(Number.isInteger(replicas)).toBe(true);
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(Math.abs(Date.now() - Date.parse(createdAt))).toBeLessThan(3_600_000);
  }
});

row(29, async () => {
  const labels = { 'com.openfaas.scale.min': '1', team: 'äöü', both: 'label' };
  const annotations = { topic: 'a.b,c.d', schedule: '*/5 * * * *', both: 'annotation', none: '' };
  const name = await deployed({ labels, annotations });
  expect(await status(name)).toMatchObject({ labels, annotations });
  expect((await list()).find((one) => one.name === name)).toMatchObject({ labels, annotations });
});

row(30, async () => {
  const envVars = { A: 'x=y=z', B: 'naïve 日本 \n second line', C: '', 'D.E': '$HOME ${X}' };
  const name = fresh();
  await system('POST', specOf(name, { image: 'fixtures/environment', envVars }));
  expect(await status(name)).toMatchObject({ envVars });
  for (const [key, value] of Object.entries(envVars)) {
    const answer = await rig.call('GET', `/function/${name}?name=${key}`);
    expect([key, await answer.text()]).toEqual([key, value]);
  }
});

row(31, async () => {
  const sent = {
    limits: { memory: '128Mi', cpu: '100m' },
    requests: { memory: '0.5G', cpu: '10m' },
    constraints: ['node.platform.os == linux'],
    readOnlyRootFilesystem: true,
    envProcess: 'node index.js',
  };
  const name = await deployed(sent);
  expect(await status(name)).toMatchObject(sent);
  expect((await list()).find((one) => one.name === name)).toMatchObject(sent);
});

row(32, async () => {
  const name = await deployed({ labels: { a: 'b' }, limits: { memory: '64Mi' } });
  expect(await status(name)).toEqual((await list()).find((one) => one.name === name));
  const path = `/system/function/${name}.openfaas-fn`;
  expect(await (await system('GET', undefined, path)).json()).toMatchObject({ name });
});

row(33, async () => {
  const answer = await system('GET', undefined, '/system/function/nope');
  expect([answer.status, await answer.text()]).toEqual([404, '']);
});

row(34, async () => {
  const name = await deployed();
  for (const path of ['/system/functions', `/system/function/${name}`])
    for (const namespace of ['openfaas-fn', ''])
      expect(
        await statusOf(system('GET', undefined, `${path}?namespace=${namespace}&usage=1`)),
      ).toBe(200);
});

row(35, async () => {
  for (const path of ['/system/functions', '/system/function/any'])
    await expectRefused(
      () => system('GET', undefined, `${path}?namespace=zzz`),
      'namespace not valid',
    );
  await expectRefused(() => system('POST', specOf(fresh(), { namespace: 'zzz' })), 'namespace');
});

row(36, async () => {
  const name = fresh();
  const seen: number[] = [];
  const deploying = statusOf(system('POST', specOf(name, { image: 'fixtures/slow-start' })));
  for (let served = false; !served;) {
    const answer = await system('GET', undefined, `/system/function/${name}`);
    const available =
      answer.status === 404 ? 0 : ((await answer.json()) as Status).availableReplicas;
    const ready = await statusOf(rig.call('GET', `/function/${name}/_/ready`));
    if (available > 0) expect(ready).toBe(200);
    seen.push(available);
    served = available > 0;
  }
  expect(seen[0]).toBe(0);
  expect(await deploying).toBe(200);
  expect(await (await invoke(name)).text()).toBe('started');
});

row(37, async () => {
  const name = await deployed();
  const body = { functionName: name, namespace: 'openfaas-fn' };
  expect([200, 202]).toContain(await statusOf(system('DELETE', body)));
});

row(38, async () => {
  const answer = await system('DELETE', { functionName: 'nope' });
  expect([answer.status, await answer.text()]).toEqual([
    404,
    'function nope.openfaas-fn not found\n',
  ]);
  for (const functionName of ['../../etc', '__proto__', 'constructor'])
    expect(await statusOf(system('DELETE', { functionName }))).toBe(404);
});

row(39, async () => {
  const name = await deployed();
  expect(await statusOf(invoke(name))).toBe(200);
  await system('DELETE', { functionName: name });
  expect(await statusOf(invoke(name))).toBe(404);
  expect((await list()).map((one) => one.name)).not.toContain(name);
});

row(40, async () => {
  const images = [
    'echo',
    'echo:v2',
    'no.such.registry.invalid:5000/someone/else/echo:latest',
    `fixtures/echo@sha256:${'0'.repeat(64)}`,
  ];
  for (const image of images) {
    const name = fresh();
    expect(await statusOf(system('POST', specOf(name, { image })))).toBe(200);
    expect(await status(name)).toMatchObject({ image });
  }
  await expectRefused(
    () => system('POST', specOf(fresh(), { image: 'no.such.registry.invalid/thing:1' })),
    'no.such.registry.invalid/thing:1',
  );
});

row(41, async () => {
  const requested = Array.from({ length: 10 }, () => fresh());
  const codes = await Promise.all(requested.map((name) => statusOf(system('POST', specOf(name)))));
  expect(codes).toEqual(requested.map(() => 200));
  const kept = JSON.parse(await readFile(join(rig.dataDir, 'gateway/functions.json'), 'utf8')) as {
    deployed: object;
  };
  const listed = (await list()).map(({ name }) => name);
  expect(listed).toEqual(expect.arrayContaining(requested));
  expect(Object.keys(kept.deployed).sort()).toEqual([...listed].sort());
  expect(listed.every((name) => NAME.test(name))).toBe(true);
});

row(
  42,
  async () => {
    const requested = Array.from({ length: 40 }, () => fresh());
    for (const name of requested) expect(await statusOf(system('POST', specOf(name)))).toBe(200);
    expect((await list()).map(({ name }) => name)).toEqual(expect.arrayContaining(requested));
    const answers = await Promise.all(requested.map((name) => statusOf(invoke(name))));
    expect(answers).toEqual(requested.map(() => 200));
  },
  120_000,
);

row(43, async () => {
  const name = await deployed({ envVars: { A: 'b' }, labels: { c: 'd' } });
  const before = await list();
  await rig.restart();
  const counted = (one: Status) => ({ ...one, invocationCount: 0 });
  expect((await list()).map(counted)).toEqual(before.map(counted));
  expect(await statusOf(invoke(name))).toBe(200);
});
