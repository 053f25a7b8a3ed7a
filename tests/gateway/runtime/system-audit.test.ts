/** Who changed what through the gateway's own API, or tried to, is in the audit; no secret is. */
import { AuditReader, type NumberedLine } from '#shared/runtime/audit/audit-reader.ts';
import { AuditTrail } from '#shared/runtime/audit/audit-trail.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { openRig, type Rig } from '../../conformance/rig.ts';
import { openTestDependencies } from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';
import { openFixtures } from './fixtures.ts';

const VALUE = 'a value that nobody may read';
const tokens = { write: 'write-token-of-a-test', trade: 'trade-token-of-a-test' };

let rig: Rig;
let dependencies: Dependencies;
let trail: AuditTrail;

beforeAll(async () => {
  rig = await openRig({
    fixtures: ['echo'],
    audit: async (redis) => {
      dependencies = await openTestDependencies(redis);
      return (trail = new AuditTrail(dependencies.database));
    },
  });
});
afterAll(async () => {
  await dependencies.close();
  await rig.close();
});
beforeEach(async () => {
  await trail.close();
  const { redis } = dependencies.database;
  const kept = await redis.keys('*{audit}*');
  const prefix = redis.options.keyPrefix ?? '';
  if (kept.length > 0) await redis.del(kept.map((key) => key.slice(prefix.length)));
});

const as = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  rig.call(method, path, { auth: true, body, headers });

/** Oldest first. */
async function lines(): Promise<readonly NumberedLine[]> {
  await trail.close();
  const reader = new AuditReader(dependencies.database);
  expect((await reader.check()).finding).toBeUndefined();
  return (await reader.latest(0, 100)).lines.toReversed();
}

const shown = async () =>
  (await lines()).map(({ event, operation, subject = '', failureCode }) =>
    [event, operation, subject, failureCode].join(' ').trim(),
  );

const echo = { service: 'audited', image: 'fixtures/echo', envVars: { A: VALUE } };

const changes: readonly (readonly [string, string, string, unknown])[] = [
  ['deploy-function audited', 'POST', '/system/functions', echo],
  ['update-function audited', 'PUT', '/system/functions', echo],
  ['scale-function audited', 'POST', '/system/scale-function/audited', { replicas: 2 }],
  ['remove-function audited', 'DELETE', '/system/functions', { functionName: 'audited' }],
  ['create-secret pin', 'POST', '/system/secrets', { name: 'pin', value: VALUE }],
  ['update-secret pin', 'PUT', '/system/secrets', { name: 'pin', value: `${VALUE}, anew` }],
  ['delete-secret pin', 'DELETE', '/system/secrets', { name: 'pin' }],
];

it('has each change, who made it from where with what, and how it ended', async () => {
  for (const [, method, path, body] of changes)
    expect((await as(method, path, body, { 'user-agent': 'faas-cli/0.17.4' })).status).toBeLessThan(
      300,
    );
  expect(await shown()).toEqual(
    changes.flatMap(([name]) => [`called system-${name}`, `ended system-${name}`]),
  );
  const [first] = await lines();
  expect(first).toMatchObject({
    ...{ caller: 'outside', who: 'faas-cli/0.17.4', token: 'operator', account: '' },
    address: expect.stringContaining('127.0.0.1'),
    requestId: expect.stringMatching(/^[\w-]{8,}$/),
  });
  const stored = await dependencies.database.redis.lrange(keys.audit.segment(1), 0, -1);
  expect(stored.join('')).not.toContain('nobody may read');
  expect(stored.join('')).not.toContain(rig.adminPassword);
});

it('has the code of what failed, and the same request id on both lines', async () => {
  const missing = { service: 'missing', image: 'fixtures/echo' };
  const named = { 'x-request-id': 'request-7', 'x-actor': 'Anna' };
  expect((await as('PUT', '/system/functions', missing, named)).status).toBe(404);
  await as('POST', '/system/functions', { ...missing, image: 'nobody/knows' });
  await as('DELETE', '/system/secrets', { name: 'missing' });
  await as('POST', '/system/scale-function/missing', { replicas: 1 });
  await as('DELETE', '/system/async/call-1');
  await as('POST', '/system/async/call-1/retry');
  expect((await shown()).filter((one) => one.startsWith('ended'))).toEqual([
    'ended system-update-function missing NOT_FOUND',
    'ended system-deploy-function missing INVALID_REQUEST',
    'ended system-delete-secret missing NOT_FOUND',
    'ended system-scale-function  NOT_FOUND',
    'ended system-drop-call call-1 NOT_FOUND',
    'ended system-retry-call call-1 NOT_FOUND',
  ]);
  const [called, ended] = await lines();
  expect([called?.requestId, ended?.requestId, ended?.who]).toEqual([
    'request-7',
    'request-7',
    'Anna',
  ]);
});

it('has what was not let in: without the password, from another site, and for its body', async () => {
  const guess = Buffer.from('admin:guessed password').toString('base64');
  const headers = { authorization: `Basic ${guess}` };
  await rig.call('GET', '/system/functions', { headers });
  await rig.call('DELETE', '/system/secrets', { body: { name: 'pin' } });
  await as('POST', '/system/secrets', { name: 'pin' }, { origin: 'http://elsewhere.example' });
  expect(await shown()).toEqual([
    'refused system-read  UNAUTHENTICATED',
    'refused system-delete-secret  UNAUTHENTICATED',
    'refused system-create-secret  NOT_ALLOWED',
  ]);
  const [first, , third] = await lines();
  expect([first?.token, third?.token]).toEqual(['none', 'operator']);
  const stored = await dependencies.database.redis.lrange(keys.audit.segment(1), 0, -1);
  expect(stored.join('')).not.toContain('guessed');
  expect(stored.join('')).not.toContain(guess);
});

it('has bodies that mean nothing, and namespaces, which cannot be changed', async () => {
  await as('POST', '/system/secrets', { name: 'pin' });
  await as('DELETE', '/system/namespace/openfaas-fn');
  await as('POST', '/system/functions', 'no JSON');
  expect(await shown()).toEqual([
    'refused system-create-secret  INVALID_REQUEST',
    'refused system-delete-namespace openfaas-fn REFUSED',
    'refused system-deploy-function  INVALID_REQUEST',
  ]);
});

it('counts refusals of an address beyond the first, and leaves out what only reads', async () => {
  for (let attempt = 0; attempt < 40; attempt += 1)
    await rig.call('GET', '/ui/', { headers: { authorization: 'Basic bm9ib2R5OmtleQ==' } });
  await as('GET', '/system/functions');
  await as('GET', '/system/secrets');
  await rig.call('GET', '/system/info');
  await as('POST', '/system/alert', { alerts: [] });
  expect((await lines()).map(({ operation, count = 0 }) => [operation, count])).toEqual([
    ...Array.from({ length: 3 }, () => ['system-read', 0]),
    ['system-read', 37],
  ]);
});

it('does nothing that it cannot write down', async () => {
  jest.spyOn(trail, 'add').mockRejectedValueOnce(new Error('Connection is closed.'));
  const answer = await as('POST', '/system/secrets', { name: 'unseen', value: VALUE });
  expect([answer.status, await answer.text()]).toEqual([503, 'Redis did not answer.\n']);
  expect((await as('DELETE', '/system/secrets', { name: 'unseen' })).status).toBe(404);
});

it('has a queued call of an operation that the gateway refuses by itself', async () => {
  const names = ['universe-add-security', 'universe-get-universe'];
  const handler = () => ({ body: 'answered' });
  const gateway = await openFixtures(Object.fromEntries(names.map((name) => [name, { handler }])), {
    ...{ audit: trail, tokens, queue: { redisUrl: rig.redis.url, prefix: 'audited' } },
    readAccess: 'token',
  });
  try {
    const queued = (name: string, token: string) =>
      fetch(`${gateway.url}/async-function/${name}`, {
        ...{ method: 'POST', body: '{}' },
        headers: { authorization: `Bearer ${token}`, 'x-actor': 'Anna' },
      });
    expect((await queued('universe-add-security', 'guessed-token')).status).toBe(401);
    expect((await queued('universe-get-universe', 'guessed-token')).status).toBe(401);
    expect((await queued('universe-add-security', tokens.write)).status).toBe(202);
    await until(async () => (await lines()).length > 0);
    expect(await lines()).toMatchObject([
      {
        ...{ event: 'refused', operation: 'universe-add-security', who: 'Anna' },
        ...{ failureCode: 'UNAUTHENTICATED', token: 'none' },
      },
    ]);
  } finally {
    await gateway.close(100);
  }
});
