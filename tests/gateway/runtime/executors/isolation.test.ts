/**
 * A misbehaving function fails only its own call: while it misbehaves, calls of another function
 * succeed, and so does its own next call.
 */
import { openRig, type Rig } from '../../../conformance/rig.ts';
import { until } from '../../../support/until.ts';

let rig: Rig;

beforeAll(async () => {
  const limits = { environment: { exec_timeout: '2s' } };
  rig = await openRig({
    fixtures: ['echo', 'throws', 'rejects', 'exits', 'loops', 'leaks', 'big', 'sleep', 'log'],
    spec: {
      loops: limits,
      rejects: limits,
      leaks: { limits: { memory: '32Mi' } },
    },
  });
  await text('/function/echo');
});
afterAll(() => rig.close());

async function text(path: string, signal?: AbortSignal): Promise<[number, string]> {
  const answer = await rig.call('GET', path, signal && { signal });
  return [answer.status, await answer.text()];
}

const internal = async (path: string) => {
  const answer = await rig.call('GET', path);
  return [answer.status, answer.headers.get('x-openfaas-internal'), await answer.text()];
};

/** Calls another function again and again until the bad call is over. @returns its statuses */
async function beside<T>(bad: Promise<T>): Promise<{ outcome: T; others: number[] }> {
  const others: number[] = [];
  let isOver = false;
  const watched = bad.finally(() => (isOver = true));
  do others.push((await text('/function/echo'))[0]);
  while (!isOver);
  return { outcome: await watched, others };
}

async function expectHarmless<T>(bad: Promise<T>): Promise<T> {
  const { outcome, others } = await beside(bad);
  expect(new Set(others)).toEqual(new Set([200]));
  return outcome;
}

const lost = (name: string) => [500, 'proxy', `Can't reach service for: ${name}.\n`];

it.each(['throws', 'rejects'])(
  'a handler that %s fails its call, without revealing details',
  async (name) => {
    const [status, body] = await expectHarmless(text(`/function/${name}`));
    expect(status).toBe(500);
    expect(body).not.toMatch(/detail|purpose|TypeError/);
  },
);

it('an unhandled rejection ends only its own thread', async () => {
  expect(await expectHarmless(internal('/function/rejects?loose=1'))).toEqual(lost('rejects'));
});

it.each([0, 1, 137])(
  'a handler that exits with %i fails its call; the next one is answered',
  async (code) => {
    expect(await expectHarmless(internal(`/function/exits?code=${code}`))).toEqual(lost('exits'));
    expect(await text('/function/exits')).toEqual([200, 'alive']);
  },
);

it('an endless loop is answered 504 at its time limit, and its thread is ended', async () => {
  const [status, by] = await expectHarmless(internal('/function/loops?forever=1'));
  expect([status, by]).toEqual([504, 'of-watchdog']);
  expect(await text('/function/loops')).toEqual([200, 'through']);
});

it('an endless loop does not block other calls of the same function', async () => {
  const looping = text('/function/loops?forever=1');
  const through = await Promise.all([text('/function/loops'), text('/function/loops')]);
  expect(through).toEqual([
    [200, 'through'],
    [200, 'through'],
  ]);
  expect((await looping)[0]).toBe(504);
});

it.each(['forever', 'buffers'])(
  'a leak (%s) ends its own thread when its memory is full',
  async (kind) => {
    expect(await expectHarmless(internal(`/function/leaks?${kind}=1`))).toEqual(lost('leaks'));
    expect(await text('/function/leaks')).toEqual([200, 'little']);
  },
);

it.each(['', '?pieces=1'])(
  'an answer of 50 MB%s arrives whole while others are answered',
  async (query) => {
    const [status, body] = await expectHarmless(text(`/function/big${query}`));
    expect([status, body.length]).toEqual([200, 50 * 1024 * 1024]);
  },
);

it('a caller who leaves 50 MB unread leaks nothing', async () => {
  for (let i = 0; i < 3; i += 1) {
    const answer = await rig.call('GET', '/function/big');
    await answer.body?.cancel();
  }
  expect((await text('/function/big?bytes=5'))[1]).toBe('xxxxx');
});

it('a crash in the middle of another function’s call leaves that call alone', async () => {
  const sleeping = text('/function/sleep?ms=700');
  expect(await internal('/function/exits?code=1')).toEqual(lost('exits'));
  expect((await text('/function/loops?forever=1'))[0]).toBe(504);
  expect(await sleeping).toEqual([200, 'slept']);
});

it('twenty failing calls do not affect twenty concurrent good ones', async () => {
  const bad = ['exits?code=1', 'throws', 'loops?forever=1', 'rejects?loose=1'];
  const calls = Array.from({ length: 20 }, (_, i) => [
    text(`/function/${bad[i % bad.length]}`),
    text('/function/echo?text=good'),
  ]).flat();
  const answers = await Promise.all(calls);
  const good = answers.filter((_, i) => i % 2 === 1);
  expect(good).toEqual(good.map(() => [200, 'good']));
  expect(answers.filter((_, i) => i % 2 === 0).map(([status]) => status >= 500)).not.toContain(
    false,
  );
});

it('a function that shares the host’s thread cannot end the host', async () => {
  const annotations = { 'arduino-trader/isolation': 'shared' };
  const name = 'shared-exits';
  const image = 'fixtures/exits';
  expect((await rig.deploy(name, { image, annotations })).status).toBe(200);
  expect((await text(`/function/${name}?code=0`))[0]).toBe(500);
  expect(await text(`/function/${name}`)).toEqual([200, 'alive']);
});

it('refuses an isolation that is none, naming it', async () => {
  const annotations = { 'arduino-trader/isolation': 'jail' };
  const answer = await rig.deploy('jailed', { image: 'fixtures/echo', annotations });
  expect([answer.status, await answer.text()]).toEqual([
    400,
    'annotations.arduino-trader/isolation: one of shared, thread\n',
  ]);
});

it('a thread sees the environment of its own deployment only', async () => {
  const image = 'fixtures/environment';
  for (const name of ['env-a', 'env-b'])
    await rig.deploy(name, { image, envVars: { [`OF_${name.at(-1)}`]: name } });
  expect(await text('/function/env-a?name=OF_a')).toEqual([200, 'env-a']);
  expect((await text('/function/env-a?name=OF_b'))[0]).toBe(404);
  expect(await text('/function/env-b?name=OF_b')).toEqual([200, 'env-b']);
});

it('reads the secrets its deployment lists, as they are now, and no others', async () => {
  const secret = (method: string, name: string, value: string) =>
    rig.call(method, '/system/secrets', { auth: true, body: { name, value } });
  await secret('POST', 'pin', '1234\n');
  await secret('POST', 'other', 'private');
  await rig.deploy('secret', { secrets: ['pin'] });
  expect(await text('/function/secret?name=pin&is=1234')).toEqual([
    200,
    '{"length":4,"same":true}',
  ]);
  expect((await text('/function/secret?name=other'))[0]).toBe(404);
  await secret('PUT', 'pin', 'changed');
  expect(await text('/function/secret?name=pin&is=changed')).toEqual([
    200,
    '{"length":7,"same":true}',
  ]);
});

it.each([
  ['throws', '/function/throws', /TypeError: a detail[\s\S]*handler/],
  ['rejects', '/function/rejects?loose=1', /ended with code 1: TypeError: rejected on purpose/],
  ['exits', '/function/exits?code=7', /the thread ended with code 7/],
])('the log of a function that %s says why', async (name, path, reason) => {
  await text(path);
  const read = async () =>
    (await rig.call('GET', `/system/logs?name=${name}&follow=false`, { auth: true })).text();
  await until(async () => reason.test(spoken(await read())));
});

function spoken(lines: string): string {
  const texts = lines.split('\n').filter((line) => line !== '');
  return texts.map((line) => (JSON.parse(line) as { text: string }).text).join('\n');
}
