/** A plan that waits: seen, approved and rejected on the page, each bound to exactly that plan. */
import { gateway } from '#shared/contract/gateway.ts';
import type { Operation, WireRequestOf } from '#shared/contract/row.ts';
import type { Proposal } from '#protos/gen/gateway.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';
import { formOf, Visitor } from '../../support/endpoints/visitor.ts';

let redis: TestRedis;
let fixture: PageFixture;
let visitor: Visitor;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  fixture = await openPageFixture(redis, { env: { CANDIDATES_MAX: '10', PLAN_ORDERS_MAX: '4' } });
  visitor = new Visitor(fixture.url);
  await visitor.signIn(PASSWORD);
  const confirmation = 'I trust account default at level ask';
  await ask(gateway.setTrust, { level: 'ask', confirmation, setBy: 'test' }, 'trust');
  await ask(gateway.triggerTradingCycle, {}, 'cycle');
});
afterEach(() => fixture.close());

function ask<O extends Operation>(operation: O, request: WireRequestOf<O>, key: string) {
  const options = { signal: new AbortController().signal, requestId: key, idempotencyKey: key };
  return fixture.dependencies.functions.call(operation, request, options);
}

async function proposal(): Promise<Proposal | undefined> {
  const { functions } = fixture.dependencies;
  const options = { signal: new AbortController().signal, requestId: 'list' };
  return (await functions.call(gateway.listProposals, { limit: 1 }, options)).proposals[0];
}

it('waits on the page, is approved as it was shown, and only once', async () => {
  const waiting = await proposal();
  const { text } = await visitor.get();
  expect(text).toContain('waits for your answer');
  expect(text).toContain('Asked because');
  const confirm = (await visitor.get('?view=approve')).text;
  expect(confirm).toContain('PRACTICE: no real money is moved.');
  expect(confirm).toContain(waiting?.digest.slice(0, 8));
  const done = await visitor.submit('?view=approve', 'approve');
  expect(done.status).toBe(200);
  const approved = await proposal();
  expect(approved).toMatchObject({ state: 'APPROVED', surface: 'page', planId: waiting?.planId });
  expect((await visitor.get()).text).toContain('You approved it');
  expect((await visitor.get('?view=system')).text).toMatch(/<b>approve<\/b>/);
});

it('is not approved by the digest of another plan', async () => {
  const refused = await visitor.submit('?view=approve', 'approve', { digest: 'f'.repeat(64) });
  expect(refused.status).not.toBe(200);
  expect(await proposal()).toMatchObject({ state: 'PROPOSED' });
});

it('is rejected with a reason that is kept, and nothing is sent', async () => {
  await visitor.submit('?view=reject', 'reject', { reason: 'not now', words: 'after the summer' });
  expect(await proposal()).toMatchObject({
    state: 'REJECTED',
    reason: expect.stringContaining('after the summer'),
  });
  expect((await visitor.get()).text).not.toContain('waits for your answer');
});

it('is changed on the page: effect first, then approved by the digest of what is left', async () => {
  const waiting = await proposal();
  const [first, second] = waiting?.plan?.actions ?? [];
  const form = (await visitor.get('?view=change')).text;
  for (const one of waiting?.plan?.actions ?? []) expect(form).toContain(`leave ${one.symbol} out`);
  const preview = await visitor.submit('?view=change', 'preview-change', {
    [`leave-${first?.isin}`]: 'yes',
  });
  expect(preview.status).toBe(200);
  expect(preview.text).toMatch(new RegExp(`Left out:</b> Buy [\\d,.]+ ${first?.symbol}`));
  expect(preview.text).toMatch(/the\s+cost\s+goes\s+from/);
  expect((await proposal())?.digest).toBe(waiting?.digest);

  const { send: _sends, ...fields } = formOf(preview.text, 'change');
  expect(fields[`quantity-${first?.isin}`]).toBe('0');
  const done = await visitor.post(fields);
  expect([done.status, done.headers.get('location')]).toEqual([303, './?view=approve']);
  const changed = await proposal();
  expect(changed).toMatchObject({ state: 'PROPOSED' });
  expect(changed?.digest).not.toBe(waiting?.digest);
  expect(changed?.plan?.actions.map(({ isin }) => isin)).not.toContain(first?.isin);
  expect(changed?.plan?.actions.map(({ isin }) => isin)).toContain(second?.isin);
  expect((await visitor.get('?view=approve')).text).toContain(changed?.digest.slice(0, 8));
  expect((await visitor.post(fields)).status).toBe(303);
  expect(await proposal()).toEqual(changed);
  await visitor.submit('?view=approve', 'approve');
  expect(await proposal()).toMatchObject({ state: 'APPROVED', planId: changed?.planId });
  expect((await visitor.get('?view=system')).text).toMatch(/<b>change<\/b>/);
});

it('is changed and sent by one press only as it was shown, and once', async () => {
  const before = await proposal();
  const [first] = before?.plan?.actions ?? [];
  const fields = { [`leave-${first?.isin}`]: 'yes' };
  const preview = await visitor.submit('?view=change', 'preview-change', fields);
  const shown = formOf(preview.text, 'change');
  expect(shown['send']).toMatch(/^[0-9a-f]{64}$/);
  const moved = await visitor.post({ ...shown, key: 'moved', send: 'f'.repeat(64) });
  expect([moved.status, moved.text]).toEqual([422, expect.stringContaining('Nothing was sent')]);
  const changed = await proposal();
  expect(changed).toMatchObject({ state: 'PROPOSED' });
  expect(changed?.digest).not.toBe(before?.digest);

  const [second] = changed?.plan?.actions ?? [];
  const again = await visitor.submit('?view=change', 'preview-change', {
    [`leave-${second?.isin}`]: 'yes',
  });
  const form = formOf(again.text, 'change');
  for (let presses = 0; presses < 2; presses += 1) {
    const done = await visitor.post(form);
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('Done')]);
  }
  const approved = await proposal();
  expect(approved).toMatchObject({ state: 'APPROVED', surface: 'page' });
  expect(approved?.plan?.actions).toHaveLength((before?.plan?.actions.length ?? 0) - 2);
});

it('is not changed by what is no number of shares, naming the field', async () => {
  const isin = (await proposal())?.plan?.actions[0]?.isin;
  for (const shares of ['-1', '1e3', 'all', '']) {
    const fields = { [`quantity-${isin}`]: shares };
    const { status, text } = await visitor.submit('?view=change', 'preview-change', fields);
    expect([status, text]).toEqual([400, expect.stringContaining(`quantity-${isin}`)]);
  }
});

it('is not answered by a session with read access only', async () => {
  const guest = new Visitor(fixture.url);
  await guest.signIn(PASSWORD, 'read');
  expect((await guest.get('?view=approve')).status).toBe(303);
  const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec((await guest.get()).text) ?? [];
  const { planId = '', digest = '' } = (await proposal()) ?? {};
  const answer = await guest.post({ do: 'approve', csrf, key: 'k', plan: planId, digest });
  expect(answer.status).toBe(403);
  expect(await proposal()).toMatchObject({ state: 'PROPOSED' });
});
