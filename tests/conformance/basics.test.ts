/** Rows 1–13: who may ask, and what is there for everybody. */
import crypto from 'node:crypto';
import { get } from 'node:http';
import type { RequestHandler } from 'express';
import { basicAuth } from '#gateway/runtime/http/basic-auth.ts';
import { row } from './row-test.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo'] });
});

afterAll(() => rig.close());

const withPassword = (password: string) =>
  `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;

async function expectRefused(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const answer = await rig.call(method, path, { headers });
  expect([path, answer.status, await answer.text()]).toEqual([path, 401, 'invalid credentials\n']);
  expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Restricted"');
}

row(1, async () => {
  const answer = await rig.call('GET', '/healthz');
  expect([answer.status, await answer.text()]).toEqual([200, 'OK']);
  expect((await rig.call('HEAD', '/healthz')).status).toBe(405);
});

row(2, () => expectRefused('/system/functions'));

row(3, async () => {
  await expectRefused('/system/functions', { authorization: withPassword('x') });
  await expectRefused('/system/functions', { authorization: withPassword('') });
  const other = Buffer.from(`root:${rig.adminPassword}`).toString('base64');
  await expectRefused('/system/functions', { authorization: `Basic ${other}` });
});

row(4, async () => {
  await expectRefused('/system/functions', { authorization: 'Bearer ' });
  expect((await rig.call('GET', '/healthz')).status).toBe(200);
});

row(5, async () => {
  const answer = await rig.call('GET', '/system/functions', { auth: true });
  expect(answer.status).toBe(200);
});

row(6, async () => {
  const routes = [
    ...['GET', 'POST', 'PUT', 'DELETE'].map((method) => [method, '/system/functions']),
    ...['GET', 'POST', 'PUT', 'DELETE'].map((method) => [method, '/system/secrets']),
    ...['GET', 'PUT', 'DELETE'].map((method) => [method, '/system/namespace/openfaas-fn']),
    ['POST', '/system/namespace/'],
    ['GET', '/system/namespaces'],
    ['GET', '/system/function/echo'],
    ['POST', '/system/scale-function/echo'],
    ['POST', '/system/alert'],
    ['GET', '/system/logs?name=echo&follow=true'],
    ['GET', '/system/info'],
    ['GET', '/system/async'],
    ['DELETE', '/system/async/some-call'],
    ['GET', '/system/nope'],
    ['GET', '/ui/'],
    ['GET', '/ui/page.client.js'],
  ];
  for (const [method = '', path = ''] of routes) await expectRefused(path, {}, method);
});

row(7, async () => {
  expect((await rig.call('GET', '/function/echo')).status).toBe(200);
  expect((await rig.call('POST', '/async-function/echo')).status).toBe(202);
});

row(8, async () => {
  const answer = await rig.call('GET', '/function/echo', {
    headers: { authorization: 'Bearer abc' },
  });
  const { headers } = (await answer.json()) as { headers: Record<string, string> };
  expect(headers['authorization']).toBe('Bearer abc');
});

row(9, async () => {
  const answer = await rig.call('GET', '/function/echo');
  const text = await answer.text();
  expect((JSON.parse(text) as { headers: object }).headers).not.toHaveProperty('authorization');
  expect(text).not.toContain(rig.adminPassword);
  expect(text).not.toContain(rig.auth);
});

row(10, async () => {
  for (const path of ['/system/nope', '/nope', '/system/FUNCTIONS', '/system/functions/']) {
    const answer = await rig.call('GET', path, { auth: true });
    expect([path, answer.status, await answer.text()]).toEqual([path, 404, '404 page not found\n']);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  }
});

row(11, async () => {
  const wrong = [
    ['PATCH', '/system/functions'],
    ['POST', '/system/function/echo'],
    ['POST', '/system/info'],
    ['PATCH', '/system/secrets'],
    ['POST', '/system/logs'],
    ['GET', '/system/alert'],
    ['GET', '/system/scale-function/echo'],
    ['DELETE', '/system/namespaces'],
    ['POST', '/healthz'],
    ['POST', '/ui/'],
  ];
  for (const [method = '', path = ''] of wrong) {
    const answer = await rig.call(method, path, { auth: true });
    expect([method, path, answer.status, await answer.text()]).toEqual([method, path, 405, '']);
  }
});

row(12, async () => {
  const answer = await rig.call('GET', '/');
  expect([answer.status, answer.headers.get('location')]).toEqual([307, '/ui/']);
  const page = await rig.call('GET', '/ui/', { auth: true });
  expect([page.status, page.headers.get('content-type')]).toEqual([
    200,
    'text/html; charset=utf-8',
  ]);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  for (const [, part = ''] of html.matchAll(/(?:href|src)="([^"]+)"/g))
    expect([part, (await rig.call('GET', `/ui/${part}`, { auth: true })).status]).toEqual([
      part,
      200,
    ]);
  const bare = await rig.call('GET', '/ui', { auth: true });
  expect([bare.status, bare.headers.get('location')]).toEqual([301, '/ui/']);
});

row(13, async () => {
  expect(() => basicAuth({ user: 'admin', password: '' })).toThrow(
    expect.objectContaining({ facts: { rule: 'empty-password' } }),
  );
  expect(await statusFor(basicAuth({ user: 'admin', password: 'right' }), 'right')).toBe('passed');
  const compare = jest.spyOn(crypto, 'timingSafeEqual');
  for (const given of ['', 'r', 'wrong', 'righ', 'right ', 'r'.repeat(1_000)])
    expect(await statusFor(basicAuth({ user: 'admin', password: 'right' }), given)).toBe(401);
  // Each time user and password, as digests of one length: the time reveals neither where they differ nor how long they are.
  expect(compare).toHaveBeenCalledTimes(12);
  for (const [one, other] of compare.mock.calls)
    expect([one.byteLength, other.byteLength]).toEqual([32, 32]);
  compare.mockRestore();
});

/** What a guard does with a password. */
function statusFor(guard: RequestHandler, password: string): Promise<number | 'passed'> {
  return new Promise((resolve) => {
    const request = { headers: { authorization: withPassword(password) } };
    const response = {
      set: () => response,
      status: (status: number) => (resolve(status), response),
      send: () => response,
    };
    void guard(request as never, response as never, () => resolve('passed'));
  });
}

/** A path as it stands; fetch would clean it itself. */
function rawGet(path: string): Promise<{ status?: number; location?: string }> {
  const { hostname, port } = new URL(rig.url);
  return new Promise((resolve, reject) => {
    get({ hostname, port, path }, (answer) => {
      answer.resume();
      const { statusCode: status, headers } = answer;
      resolve({
        ...(status && { status }),
        ...(headers.location && { location: headers.location }),
      });
    }).once('error', reject);
  });
}

test('a path with // or .. is sent to the path it means, with what the query says', async () => {
  for (const [path, cleaned] of [
    ['/system//functions?namespace=', '/system/functions?namespace='],
    ['//function/echo', '/function/echo'],
    ['/function/%2e%2e/healthz', '/healthz'],
  ]) {
    const { status, location } = await rawGet(String(path));
    expect([path, status, location]).toEqual([path, 301, cleaned]);
  }
});

test('a page of another site changes nothing through the operator’s browser', async () => {
  const body = { serviceName: 'echo', replicas: 1 };
  const scale = (headers: Record<string, string>) =>
    rig.call('POST', '/system/scale-function/echo', { auth: true, body, headers });
  const foreign = [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }];
  for (const headers of foreign) {
    expect((await scale(headers)).status).toBe(403);
    const dropped = await rig.call('DELETE', '/system/async/some-call', { auth: true, headers });
    expect(dropped.status).toBe(403);
  }
  expect((await scale({ origin: rig.url, 'sec-fetch-site': 'same-origin' })).status).toBe(202);
});
