/** The sheet's section 8.4: which calls reach which function, and what comes back of its answer. */
import { METHODS } from 'node:http';
import { openRig, type Rig } from './rig.ts';
import { row } from './row-test.ts';
import { spoken, wire, type WireAnswer, type WireRequest } from './raw-http.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo', 'status'] });
});
afterAll(() => rig.close());

const PASSED_ON = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

const call = (method: string, path: string, request?: WireRequest): Promise<WireAnswer> =>
  wire(rig.url, method, path, request);

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

const echoOf = ({ body }: WireAnswer): Echo => JSON.parse(body.toString()) as Echo;

row(68, async () => {
  for (const method of PASSED_ON.filter((one) => one !== 'HEAD'))
    expect(echoOf(await call(method, '/function/echo')).method).toBe(method);
  const head = await call('HEAD', '/function/echo');
  const get = await call('GET', '/function/echo?text=12345');
  const headOfSame = await call('HEAD', '/function/echo?text=12345');
  expect([head.status, head.body.length]).toEqual([200, 0]);
  expect(headOfSame.header('content-length')).toBe(get.header('content-length'));
});

row(69, async () => {
  const known = METHODS.filter((one) => ![...PASSED_ON, 'CONNECT', 'QUERY'].includes(one));
  for (const method of known) expect((await call(method, '/function/echo')).status).toBe(405);
  for (const line of ['FOO /function/echo', 'CONNECT /function/echo', 'CONNECT example.org:443']) {
    const heard = await spoken(rig.url, `${line} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(heard).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
  }
  expect(await spoken(rig.url, 'no request at all\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect((await call('GET', '/function/echo')).status).toBe(200);
});

row(70, async () => {
  const plain = await call('POST', '/function/echo/a?b=c', { body: 'hi' });
  const named = await call('POST', '/function/echo.openfaas-fn/a?b=c', { body: 'hi' });
  expect(named.status).toBe(200);
  expect(echoOf(named)).toMatchObject({ path: '/a', query: 'b=c', body: 'hi' });
  expect(echoOf(plain)).toMatchObject({ path: '/a', query: 'b=c', body: 'hi' });
});

row(71, async () => {
  for (const name of ['echo.zzz', 'echo.openfaas-fn.zzz', 'echo.zzz.openfaas-fn', 'echo.'])
    expect((await call('GET', `/function/${name}`)).status).toBe(404);
});

row(72, async () => {
  const answer = await call('POST', '/function/nope');
  expect(answer.status).toBe(404);
  expect(answer.body.toString()).toBe(
    'error finding function nope.openfaas-fn: server returned non-200 status code (404) for function, nope, body: \n',
  );
  expect(answer.header('x-openfaas-internal')).toBe('proxy');
});

row(73, async () => {
  expect(echoOf(await call('GET', '/function/echo/a/b?x=1&x=2'))).toMatchObject({
    path: '/a/b',
    query: 'x=1&x=2',
  });
  expect(echoOf(await call('GET', '/function/echo?x=1'))).toMatchObject({
    path: '/',
    query: 'x=1',
  });
  const question = '/function/echo/a?next=%2Fb%3Fc&url=http://x//y';
  expect(new URLSearchParams(echoOf(await call('GET', question)).query).get('url')).toBe(
    'http://x//y',
  );
});

row(74, async () => {
  const answer = await call('POST', '/function/echo/', { body: 'x' });
  expect(answer.status).toBe(200);
  expect(echoOf(answer)).toMatchObject({ method: 'POST', path: '/', body: 'x' });
  expect(echoOf(await call('POST', '/function/echo/a/', { body: 'x' })).path).toBe('/a/');
});

row(75, async () => {
  for (const path of ['/a%2Fb%3Fc%2541', '/a%20b', '/%25', '/caf%C3%A9', '/a%2fb', '/%3F?x=1'])
    expect(echoOf(await call('GET', `/function/echo${path}`)).path).toBe(path.split('?')[0]);
});

row(76, async () => {
  const path = (code: number) => `/function/status?code=${code}&header=X-Own:its%20value`;
  for (const code of [200, 201, 202, 301, 400, 404, 418, 429, 500, 503]) {
    const answer = await call('POST', path(code), { body: 'as it is' });
    expect([answer.status, answer.header('x-own')]).toEqual([code, 'its value']);
    expect(answer.body.toString()).toBe('as it is');
    expect(answer.header('x-openfaas-internal')).toBeUndefined();
  }
  for (const code of [204, 304]) {
    const answer = await call('POST', path(code), { body: 'nobody sees it' });
    expect([answer.status, answer.header('x-own')]).toEqual([code, 'its value']);
    expect(answer.body.length).toBe(0);
    expect(answer.header('transfer-encoding')).toBeUndefined();
  }
});

row(77, async () => {
  for (const code of [301, 302, 303, 307, 308]) {
    const location = '/function/echo';
    const answer = await call('GET', `/function/status?code=${code}&header=Location:${location}`);
    expect([answer.status, answer.header('location')]).toEqual([code, location]);
  }
});
