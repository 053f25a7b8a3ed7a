import request from 'supertest';
import { credentials, openFixtures } from './fixtures.ts';

let gateway: Awaited<ReturnType<typeof openFixtures>>;

beforeAll(async () => {
  gateway = await openFixtures({
    alpha: {
      spec: {
        labels: { service: 'universe' },
        annotations: { topic: 'universe.alpha' },
        environment: { exec_timeout: '5s' },
        secrets: ['write-token'],
      },
      handler: () => ({ body: 'a' }),
    },
    beta: {
      handler: () => {
        throw new Error('beta');
      },
    },
  });
});

afterAll(() => gateway.close(100));

const at = () => request(gateway.url);
const asOperator = (path: string) => at().get(path).auth(credentials.user, credentials.password);

describe('access', () => {
  it.each([
    ['nobody', undefined],
    ['a wrong password', `Basic ${Buffer.from('admin:wrong').toString('base64')}`],
    ['a wrong user', `Basic ${Buffer.from('root:open sesame: truly').toString('base64')}`],
    ['an empty bearer, as the CLI sends without a login', 'Bearer '],
    ['nonsense', 'Basic %%%'],
  ])('%s is refused as OpenFaaS does', async (_who, authorization) => {
    const asked = at().get('/system/functions');
    const answer = await (authorization ? asked.set('authorization', authorization) : asked);
    expect([answer.status, answer.text]).toEqual([401, 'invalid credentials\n']);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="Restricted"');
  });

  it('takes a password with a colon and a blank', async () => {
    await asOperator('/system/functions').expect(200);
  });

  it('requires no credentials at /healthz', async () => {
    expect((await at().get('/healthz')).text).toBe('OK');
    await at().post('/healthz').expect(405);
  });
});

describe('the list of functions', () => {
  it('shows what the stack says, and counts every call', async () => {
    await at().post('/function/alpha');
    await at().post('/function/beta');
    await at().post('/function/beta');
    const { body } = await asOperator('/system/functions');
    expect(body).toEqual([
      {
        name: 'alpha',
        image: 'test/alpha:latest',
        namespace: 'openfaas-fn',
        envProcess: '',
        envVars: { exec_timeout: '5s' },
        secrets: ['write-token'],
        labels: { service: 'universe', faas_function: 'alpha' },
        annotations: { topic: 'universe.alpha' },
        invocationCount: 1,
        replicas: 1,
        availableReplicas: 1,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
      expect.objectContaining({ name: 'beta', invocationCount: 2 }),
    ]);
  });

  it('serves only its own namespace', async () => {
    await asOperator('/system/functions?namespace=openfaas-fn').expect(200);
    const answer = await asOperator('/system/functions?namespace=zzz');
    expect([answer.status, answer.text]).toEqual([400, 'namespace not valid\n']);
    expect((await asOperator('/system/namespaces')).body).toEqual(['openfaas-fn']);
  });

  it('answers one function by name, and 404 without a body for another', async () => {
    const { body } = await asOperator('/system/function/alpha?usage=1&namespace=openfaas-fn');
    expect(body).toMatchObject({ name: 'alpha', replicas: 1 });
    const unknown = await asOperator('/system/function/nope');
    expect([unknown.status, unknown.text]).toEqual([404, '']);
  });
});

it('fills every field of the info that the CLI reads', async () => {
  const { body } = await asOperator('/system/info');
  const version = { release: '1.2.3', sha: 'abcdef' };
  expect(body).toEqual({
    provider: { provider: 'arduino-trader', orchestration: 'embedded', version },
    version,
    arch: expect.stringMatching(/\w+/),
  });
});

it('answers 405 to a wrong method and 404 to an unknown path', async () => {
  const { user, password } = credentials;
  const wrong = await at().patch('/system/functions').auth(user, password);
  expect([wrong.status, wrong.text]).toEqual([405, '']);
  expect((await asOperator('/system/nowhere')).text).toBe('404 page not found\n');
});

it('says which setting to change when the port is taken', async () => {
  await expect(openFixtures({}, { port: gateway.port })).rejects.toMatchObject({
    facts: { rule: 'port-in-use' },
    message: `GATEWAY_PORT: port ${gateway.port} is taken; name another one, or 0 for a free one.`,
  });
});

describe('the request id', () => {
  it.each([
    ['GET', '/healthz'],
    ['POST', '/healthz'],
    ['GET', '/nowhere'],
    ['GET', '/system/functions'],
    ['GET', '/system/info'],
    ['POST', '/function/alpha'],
    ['POST', '/function/beta'],
    ['POST', '/function/gamma'],
    ['POST', '/function/'],
  ])(
    'of the caller comes back from %s %s, and a malformed one is replaced',
    async (method, path) => {
      const call = () => (method === 'GET' ? at().get(path) : at().post(path));
      expect((await call().set('x-request-id', 'mine-7')).headers['x-request-id']).toBe('mine-7');
      const replaced = (await call().set('x-request-id', 'a b')).headers['x-request-id'];
      expect(replaced).toMatch(/^[A-Za-z0-9][\w.:-]+$/);
    },
  );
});
