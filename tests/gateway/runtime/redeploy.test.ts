/** Deploying over what runs: nobody's call fails, and what was deployed is there after a restart. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRig, type Rig } from '../../conformance/rig.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo', 'sleep', 'stream', 'environment'] });
});
afterAll(() => rig.close());

const functionsFile = () => join(rig.dataDir, 'gateway/functions.json');
const system = (method: string, body: object) =>
  rig.call(method, '/system/functions', { auth: true, body });
const listed = async () => {
  const answer = await rig.call('GET', '/system/functions', { auth: true });
  return ((await answer.json()) as { name: string }[]).map(({ name }) => name);
};

async function call(path: string): Promise<[number, string]> {
  const answer = await rig.call('POST', `/function/${path}`, { body: 'x' });
  return [answer.status, await answer.text()];
}

const environment = (A: string) => rig.deploy('environment', { envVars: { A } });

it('answers every call while a function is deployed anew, from the old or the new one', async () => {
  await environment('0');
  const answers: [number, string][] = [];
  let isOver = false;
  const callers = Array.from({ length: 4 }, async () => {
    while (!isOver) answers.push(await call('environment?name=A'));
  });
  for (let i = 1; i <= 20; i += 1) expect((await environment(String(i))).status).toBe(200);
  isOver = true;
  await Promise.all(callers);
  expect(answers.filter(([status]) => status !== 200)).toEqual([]);
  expect(await call('environment?name=A')).toEqual([200, '20']);
});

it('lets the old one finish its calls and streams', async () => {
  const sleeping = call('sleep?ms=400');
  const streaming = call('stream?events=4&pause=100');
  await call('sleep?ms=1');
  for (const name of ['sleep', 'stream'])
    expect((await rig.deploy(name, { labels: { turn: '2' } })).status).toBe(200);
  expect(await call('sleep?ms=1')).toEqual([200, 'slept']);
  expect(await sleeping).toEqual([200, 'slept']);
  expect((await streaming)[1]).toContain('data: 3\n\n');
});

it('creates a function once when two ask at the same time', async () => {
  const body = { service: 'twin', image: 'fixtures/echo' };
  const answers = await Promise.all([system('POST', body), system('POST', body)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
});

it('applies deploy, update and remove of one function in order', async () => {
  const body = (A: string) => ({ service: 'turns', image: 'fixtures/environment', envVars: { A } });
  const answers = await Promise.all([
    system('POST', body('1')),
    system('PUT', body('2')),
    system('DELETE', { functionName: 'turns' }),
    system('POST', body('3')),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await call('turns?name=A')).toEqual([200, '3']);
});

it('keeps over a restart what the API changed, and removed', async () => {
  await environment('kept');
  await system('DELETE', { functionName: 'stream' });
  await rig.restart();
  expect(await call('environment?name=A')).toEqual([200, 'kept']);
  expect((await call('stream'))[0]).toBe(404);
  expect(await listed()).not.toContain('stream');
});

it("stores no deployment that equals the stack file's", async () => {
  await rig.deploy('stream');
  await rig.deploy('environment');
  const kept = JSON.parse(await readFile(functionsFile(), 'utf8')) as { deployed: object };
  expect(Object.keys(kept.deployed).sort()).toEqual(['sleep', 'turns', 'twin']);
  await rig.restart();
  expect((await call('stream?events=1'))[0]).toBe(200);
});

it('accepts names of Object.prototype', async () => {
  for (const service of ['constructor', 'valueof'])
    expect((await system('POST', { service, image: 'fixtures/echo' })).status).toBe(200);
  await rig.restart();
  expect(await listed()).toEqual(expect.arrayContaining(['constructor', 'valueof', 'echo']));
});

it('lists a function it can no longer run, serves no calls with it, and keeps the rest', async () => {
  const state = JSON.parse(await readFile(functionsFile(), 'utf8')) as {
    deployed: Record<string, { image: string }>;
  };
  const twin = state.deployed['twin'];
  if (twin) twin.image = 'gone/from-the-build:1';
  await writeFile(functionsFile(), JSON.stringify(state));
  await rig.restart();
  const answer = await rig.call('GET', '/system/function/twin', { auth: true });
  expect(await answer.json()).toMatchObject({ replicas: 1, availableReplicas: 0 });
  expect((await call('twin'))[0]).toBe(500);
  expect((await call('echo'))[0]).toBe(200);
  expect((await rig.deploy('twin', { image: 'fixtures/echo' })).status).toBe(200);
  expect((await call('twin'))[0]).toBe(200);
});

it('reports a change that could not be stored, and does not apply it', async () => {
  const whole = await readFile(functionsFile(), 'utf8');
  await rm(functionsFile());
  await mkdir(join(functionsFile(), 'in the way'), { recursive: true });
  const answer = await system('POST', { service: 'unwritten', image: 'fixtures/echo' });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([503, expect.stringContaining(functionsFile())]);
  expect(text).toMatch(/cannot write .*\(E[A-Z]+\)/);
  expect((await call('unwritten'))[0]).toBe(404);
  await rm(functionsFile(), { recursive: true });
  await writeFile(functionsFile(), whole);
});

it('does not start on an unreadable state file, and names it', async () => {
  const whole = await readFile(functionsFile(), 'utf8');
  await rm(functionsFile());
  await mkdir(functionsFile());
  await expect(rig.restart()).rejects.toThrow(`cannot read ${functionsFile()} (EISDIR)`);
  await rm(functionsFile(), { recursive: true });
  await writeFile(functionsFile(), whole);
  await rig.restart();
});

it('does not start on a state file that does not parse, and names it', async () => {
  const whole = await readFile(functionsFile(), 'utf8');
  for (const broken of [
    whole.slice(0, 30),
    '{"version":2}',
    whole.replace('"image"', '"imagine"'),
  ]) {
    await writeFile(functionsFile(), broken);
    await expect(rig.restart()).rejects.toThrow(functionsFile());
  }
  await writeFile(functionsFile(), whole);
  await rig.restart();
  expect((await call('echo'))[0]).toBe(200);
});
