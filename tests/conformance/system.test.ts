/** Rows 44–67: info, namespaces, scale, alert, secrets, logs. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FunctionLogs } from '#gateway/runtime/observe/function-logs.ts';
import { row } from './row-test.ts';
import { openRig, type Rig } from './rig.ts';
import { until } from '../support/until.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo', 'log', 'secret'] });
});

afterAll(() => rig.close());

const asked = (path: string, signal?: AbortSignal) =>
  rig.call('GET', path, { auth: true, ...(signal && { signal }) });
const send = (method: string, path: string, body: unknown) =>
  rig.call(method, path, { auth: true, body });
const secret = (method: string, body: unknown, query = '') =>
  send(method, `/system/secrets${query}`, body);

async function secretNames(): Promise<string[]> {
  const list = (await (await asked('/system/secrets')).json()) as { name: string }[];
  return list.map(({ name }) => name);
}

const storedSecret = (name: string) =>
  readFile(join(rig.dataDir, 'function-secrets', 'openfaas-fn', name));

row(44, async () => {
  const answer = await asked('/system/info');
  const version = { release: '1.2.3', sha: 'abcdef' };
  expect(await answer.json()).toEqual({
    provider: { provider: 'arduino-trader', orchestration: 'embedded', version },
    version,
    arch: expect.stringMatching(/^\w+$/),
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
});

row(45, async () => {
  const lame = await openRig({ fixtures: ['echo'] });
  try {
    lame.redis.process.kill('SIGSTOP');
    // Redis never answers here: the test's own time limit is what a wait for it would run into.
    const answer = await lame.call('GET', '/system/info', { auth: true });
    expect(answer.status).toBe(200);
  } finally {
    lame.redis.process.kill('SIGCONT');
    await lame.close();
  }
});

row(46, async () => {
  expect(await (await asked('/system/namespaces')).json()).toEqual(['openfaas-fn']);
});

row(47, async () => {
  const answer = await asked('/system/namespace/openfaas-fn');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ name: 'openfaas-fn' });
  const unknown = await asked('/system/namespace/zzz');
  expect([unknown.status, await unknown.text()]).toEqual([404, 'namespace zzz not found\n']);
});

row(48, async () => {
  const namespace = { name: 'x', annotations: { openfaas: '1' }, labels: { openfaas: '1' } };
  for (const [method, path] of [
    ['POST', '/system/namespace/'],
    ['PUT', '/system/namespace/x'],
    ['DELETE', '/system/namespace/x'],
  ]) {
    const answer = await send(String(method), String(path), namespace);
    expect([method, answer.status]).toEqual([method, 501]);
    expect(await answer.text()).toContain('openfaas-fn is the only one');
  }
  expect(await (await asked('/system/namespaces')).json()).toEqual(['openfaas-fn']);
});

row(49, async () => {
  for (const replicas of [1, 0, 9]) {
    const body = { serviceName: 'echo', replicas, namespace: 'openfaas-fn' };
    const answer = await send('POST', '/system/scale-function/echo', body);
    expect([replicas, answer.status, await answer.text()]).toEqual([replicas, 202, '']);
    const status = await asked('/system/function/echo');
    expect(await status.json()).toMatchObject({ replicas: 1 });
  }
});

row(50, async () => {
  const unknown = await send('POST', '/system/scale-function/nope', { replicas: 1 });
  expect([unknown.status, await unknown.text()]).toEqual([
    404,
    'function nope.openfaas-fn not found\n',
  ]);
  const wrong = ['1.5', '"2"', '-3'].map((replicas) => `{"replicas":${replicas}}`);
  for (const body of ['x', '', '[]', ...wrong]) {
    const answer = await send('POST', '/system/scale-function/echo', body);
    expect([body, answer.status]).toEqual([body, 400]);
    expect(await answer.text()).toMatch(/^Error unmarshalling request body/);
  }
  const elsewhere = { replicas: 1, namespace: 'zzz' };
  expect((await send('POST', '/system/scale-function/echo', elsewhere)).status).toBe(400);
});

row(51, async () => {
  const alert = (name: string) => ({
    receiver: 'scale-up',
    status: 'firing',
    alerts: [
      { status: 'firing', labels: { alertname: 'APIHighInvocationRate', function_name: name } },
    ],
  });
  for (const name of ['echo', 'echo.openfaas-fn'])
    expect((await send('POST', '/system/alert', alert(name))).status).toBe(200);
  const bad = await send('POST', '/system/alert', '{');
  expect(bad.status).toBe(400);
  expect(await bad.text()).toMatch(/^Unable to parse alert, bad format\./);
  expect((await send('POST', '/system/alert', alert('nope'))).status).toBe(404);
});

row(52, async () => {
  const answer = await secret('POST', { name: 'created', namespace: 'openfaas-fn', value: 'v' });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
  expect(await secretNames()).toContain('created');
  const again = await secret('POST', { name: 'created', value: 'other' });
  expect([again.status, await again.text()]).toEqual([409, 'secret created already exists\n']);
  expect(String(await storedSecret('created'))).toBe('v');
  expect((await secret('POST', { name: 'empty', value: '' })).status).toBe(400);
});

row(53, async () => {
  await secret('POST', { name: 'named', value: 'not-to-be-seen' });
  const text = await (await asked('/system/secrets?namespace=openfaas-fn')).text();
  expect(text).not.toContain('not-to-be-seen');
  const list = JSON.parse(text) as object[];
  for (const item of list) expect(Object.keys(item)).toEqual(['name', 'namespace']);
  expect((await asked('/system/secrets?namespace=zzz')).status).toBe(400);
});

row(54, async () => {
  const answer = await asked('/system/secrets');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
});

row(55, async () => {
  await secret('POST', { name: 'pin', value: 'first' });
  expect((await rig.deploy('secret', { secrets: ['pin'] })).status).toBeLessThan(203);
  const sees = async (text: string) =>
    (await (await rig.call('GET', `/function/secret?name=pin&is=${text}`)).json()) as object;
  expect(await sees('first')).toEqual({ length: 5, same: true });
  expect((await secret('PUT', { name: 'pin', value: 'second' })).status).toBe(200);
  expect(await sees('second')).toEqual({ length: 6, same: true });
});

row(56, async () => {
  for (const method of ['PUT', 'DELETE']) {
    const answer = await secret(method, { name: 'nope', value: 'v' });
    expect([method, answer.status, await answer.text()]).toEqual([
      method,
      404,
      'There is no secret nope.\n',
    ]);
  }
  expect(await secretNames()).not.toContain('nope');
});

row(57, async () => {
  await secret('POST', { name: 'removed', value: 'v' });
  const answer = await secret('DELETE', { name: 'removed', namespace: 'openfaas-fn' });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
  expect(await secretNames()).not.toContain('removed');
});

row(58, async () => {
  const bytes = Buffer.from([0, 1, 250, 10]);
  const both = { name: 'raw', value: 'text', rawValue: bytes.toString('base64') };
  await secret('POST', { name: 'raw', value: 'text' });
  expect((await secret('PUT', both)).status).toBe(200);
  expect(await storedSecret('raw')).toEqual(bytes);
  expect((await secret('PUT', { ...both, rawValue: '%%' })).status).toBe(400);
  expect(await storedSecret('raw')).toEqual(bytes);
});

row(59, async () => {
  for (const [query, body] of [
    ['', { namespace: 'openfaas-fn' }],
    ['?namespace=openfaas-fn', {}],
    ['?namespace=openfaas-fn', { namespace: 'openfaas-fn' }],
  ] as const) {
    await secret('POST', { name: 'placed', value: 'v' });
    expect((await secret('DELETE', { name: 'placed', ...body }, query)).status).toBe(200);
    expect(await secretNames()).not.toContain('placed');
  }
  await secret('POST', { name: 'placed', value: 'v' });
  for (const [query, body] of [
    ['?namespace=zzz', {}],
    ['', { namespace: 'zzz' }],
  ] as const)
    expect((await secret('DELETE', { name: 'placed', ...body }, query)).status).toBe(400);
  expect(await secretNames()).toContain('placed');
});

row(60, async () => {
  for (const name of ['a/b', '../x', '..', '.', '/etc/passwd', 'a\\b', 'UPPER', ''])
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await secret(method, { name, value: 'v' });
      expect([method, name, answer.status]).toEqual([method, name, 400]);
    }
  expect(await readdir(rig.dataDir)).not.toContain('x');
});

row(61, async () => {
  const value = 'a-very-particular-value';
  const rawValue = Buffer.from(value).toString('base64');
  const texts: string[] = [];
  for (const [method, body] of [
    ['POST', { name: 'hidden', value }],
    ['POST', { name: 'hidden', value }],
    ['PUT', { name: 'hidden', rawValue }],
    ['PUT', { name: 'not there', value }],
    ['PUT', { name: 'hidden', value: [value] }],
    ['PUT', `{"name":"hidden","value":"${value}`],
    ['DELETE', { name: 'nope', value }],
  ] as const)
    texts.push(await (await secret(method, body)).text());
  texts.push(await (await asked('/system/secrets')).text(), rig.logText());
  for (const text of texts) for (const part of [value, rawValue]) expect(text).not.toContain(part);
});

interface LogEntry {
  readonly name: string;
  readonly namespace: string;
  readonly instance: string;
  readonly timestamp: string;
  readonly text: string;
}

const parseLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogEntry);

async function logsOf(query: string): Promise<LogEntry[]> {
  return parseLines(await (await asked(`/system/logs?${query}`)).text());
}

/** Prints through the function, and waits until the log has it. */
async function print(text: string | Buffer, seen = String(text).trim()): Promise<void> {
  expect((await rig.call('POST', '/function/log', { body: text })).status).toBe(200);
  await until(async () =>
    (await logsOf('name=log&tail=-1')).some((line) => line.text.includes(seen)),
  );
}

row(62, async () => {
  await print('a line to find\n');
  const answer = await asked('/system/logs?name=log&tail=5&follow=false');
  const lines = parseLines(await answer.text());
  expect(lines.find(({ text }) => text === 'a line to find')).toEqual({
    name: 'log',
    namespace: 'openfaas-fn',
    instance: expect.stringMatching(/./),
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    text: 'a line to find',
  });
  // Beside what it prints, a line for each call: method, path, status, duration and call id.
  expect(lines.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^POST \/ - 200 - \d+\.\d{6}s \[[\w-]+\]$/),
  );
});

row(63, async () => {
  for (const text of ['one', 'two', 'three']) await print(`${text}\n`);
  const texts = async (query: string) => (await logsOf(query)).map(({ text }) => text);
  const all = await texts('name=log&tail=-1&follow=false');
  expect(all.length).toBeGreaterThan(5);
  expect(await texts('name=log&tail=2&follow=false')).toEqual(all.slice(-2));
  let since = '';
  // The line of a call may come after its answer.
  await until(async () => {
    since = new Date().toISOString();
    return (await texts(`name=log&since=${since}`)).length === 0;
  });
  await print('four\n');
  expect(await texts(`name=log&since=${since}`)).toContain('four');
  expect(await texts(`name=log&since=${since}`)).not.toContain('three');
  for (const wrong of ['tail=x', 'since=yesterday', 'follow=perhaps', 'name='])
    expect((await asked(`/system/logs?name=log&${wrong}`)).status).toBe(
      wrong === 'name=' ? 200 : 400,
    );
  const [{ instance = '' } = {}] = (await logsOf('name=log')).filter(({ text }) => text === 'four');
  const ofInstance = await logsOf(`name=log&instance=${encodeURIComponent(instance)}`);
  expect(new Set(ofInstance.map((line) => line.instance))).toEqual(new Set([instance]));
});

row(64, async () => {
  const listen = jest.spyOn(FunctionLogs.prototype, 'listen');
  const leave = new AbortController();
  const answer = await asked('/system/logs?name=log&tail=0&follow=true', leave.signal);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  await print('followed\n');
  let seen = '';
  while (!seen.includes('followed')) seen += (await reader?.read())?.value ?? '';
  const [logs] = listen.mock.contexts as FunctionLogs[];
  expect(logs?.listenerCount('log')).toBe(1);
  leave.abort();
  await until(() => logs?.listenerCount('log') === 0);
  listen.mockRestore();
});

row(65, async () => {
  for (const follow of ['true', 'false']) {
    const answer = await asked(
      `/system/logs?name=nope&follow=${follow}`,
      new AbortController().signal,
    );
    expect([answer.status, await answer.text()]).toEqual([404, 'function nope not found\n']);
  }
});

row(66, async () => {
  await print(`${'x'.repeat(200_000)}\n`, 'x more characters'.slice(2));
  await print(Buffer.from([0xff, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x41, 0x42, 0x0a]), 'AB');
  await print('still there\n');
  const lines = await logsOf('name=log&tail=-1');
  for (const { text } of lines) {
    expect(text.length).toBeLessThan(4_200);
    expect(text).not.toMatch(/\p{Cc}/u);
  }
});

row(67, async () => {
  // A caller that ignores the content type still reads lines that are JSON each.
  const text = await (await asked('/system/logs?name=log&tail=3&follow=false')).text();
  expect(text.endsWith('\n')).toBe(true);
  expect(parseLines(text)).toHaveLength(3);
});

test('subscribers are disconnected when the runtime stops', async () => {
  const other = await openRig({ fixtures: ['log'] });
  const answer = await other.call('GET', '/system/logs?name=log&follow=true', { auth: true });
  await Promise.all([answer.text(), other.close()]);
});
