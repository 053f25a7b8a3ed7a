/** Misuse by callers, operators and functions: the gateway behaves as documented. */
import { request } from 'node:http';
import { openRig, type Rig } from '../../../conformance/rig.ts';

let rig: Rig;

beforeAll(async () => {
  process.env['REDIS_URL'] = 'redis://:hidden@127.0.0.1:1';
  process.env['OF_THE_HOST'] = 'nobody else has this';
  rig = await openRig({ fixtures: ['echo', 'environment', 'intrudes', 'no-handler'] });
});
afterAll(() => {
  delete process.env['REDIS_URL'];
  delete process.env['OF_THE_HOST'];
  return rig.close();
});

const system = (method: string, body: object) =>
  rig.call(method, '/system/functions', { auth: true, body });
const textOf = async (path: string) => (await rig.call('POST', path)).text();
const statusOf = async (path: string) => (await rig.call('POST', path)).status;

it('removes a function that is named with its namespace', async () => {
  await system('POST', { service: 'brief', image: 'fixtures/echo' });
  expect((await system('DELETE', { functionName: 'brief.openfaas-fn' })).status).toBe(200);
  expect(await statusOf('/function/brief')).toBe(404);
});

it('waits for a time limit that is longer than a timer can be set for', async () => {
  const envVars = { exec_timeout: '99999999h' };
  await system('POST', { service: 'patient', image: 'fixtures/echo', envVars });
  expect(await statusOf('/function/patient')).toBe(200);
});

it.each(['nothing', 'garbage'])('survives a thread that sends its host %s', async (what) => {
  await rig.call('POST', `/function/intrudes?tell=${what}`).then((answer) => answer.text());
  expect(await statusOf('/function/echo')).toBe(200);
  expect(await (await rig.call('POST', '/function/intrudes')).text()).toBe('calm');
});

it('takes a target with scheme and host, as proxies send it', async () => {
  const status = await new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(rig.url);
    const path = `http://${host}/function/echo?a=1`;
    request({ hostname, port, path, method: 'POST' }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    })
      .once('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

it.each(['thread', 'shared'])(
  'gives a function on %s its own environment and not the host’s',
  async (where) => {
    await rig.deploy('environment', {
      annotations: { 'arduino-trader/isolation': where },
      envProcess: 'node index.js',
      envVars: { A: 'of the deployment' },
    });
    for (const [name, value] of [
      ['A', 'of the deployment'],
      ['fprocess', 'node index.js'],
    ])
      expect(await textOf(`/function/environment?name=${name}`)).toBe(value);
    expect(await statusOf('/function/environment?name=PATH')).toBe(200);
    expect(await statusOf('/function/environment?name=REDIS_URL')).toBe(404);
    expect(await statusOf('/function/environment?name=OF_THE_HOST')).toBe(404);
  },
);

it('says at once that a module has no handler', async () => {
  const answer = await rig.call('POST', '/function/no-handler');
  expect([answer.status, await answer.text()]).toEqual([
    500,
    "Can't reach service for: no-handler.\n",
  ]);
  const deployed = await system('POST', { service: 'mute', image: 'fixtures/no-handler' });
  expect([deployed.status, await deployed.text()]).toEqual([
    400,
    expect.stringContaining('no default export that is a function'),
  ]);
});
