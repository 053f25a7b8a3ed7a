/** A broken function is not reported ready, and limits that do not parse are not ignored. */
import { openRig, type Rig } from '../../../conformance/rig.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({
    fixtures: ['echo', 'bad-start', 'status'],
    spec: { status: { environment: { exec_timeout: 'soon' } } },
  });
});
afterAll(() => rig.close());

async function available(name: string): Promise<number> {
  const answer = await rig.call('GET', `/system/function/${name}`, { auth: true });
  return ((await answer.json()) as { availableReplicas: number }).availableReplicas;
}

test('a handler that does not load is available until the first call has shown it', async () => {
  expect(await available('bad-start')).toBe(1);
  expect((await rig.call('POST', '/function/bad-start')).status).toBe(500);
  expect(await available('bad-start')).toBe(0);
  expect(await available('echo')).toBe(1);
  expect((await rig.call('POST', '/function/echo')).status).toBe(200);
  expect(await available('echo')).toBe(1);
});

test.each([
  ['exec_timeout', 'soon'],
  ['max_inflight', 'many'],
  ['max_inflight', '-1'],
])('a deployment with %s=%s is refused, and names it', async (name, value) => {
  const answer = await rig.deploy('echo', { envVars: { [name]: value } });
  expect([answer.status, await answer.text()]).toEqual([
    400,
    expect.stringContaining(`${name} is "${value}"`),
  ]);
});

test('a stack file with such a limit lists a function that serves no calls', async () => {
  expect(await available('status')).toBe(0);
  expect((await rig.call('POST', '/function/status')).status).toBe(500);
  expect(rig.logText()).toContain('exec_timeout is');
  expect((await rig.deploy('status')).status).toBe(200);
  expect(await available('status')).toBe(1);
});
