/** Changes from the page: each shows its effect before it is made, is made once, and names who made it. */
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Operation, WireRequestOf } from '#shared/contract/row.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';
import { Visitor, type VisitorAnswer } from '../../support/endpoints/visitor.ts';

let redis: TestRedis;
let fixture: PageFixture;
let visitor: Visitor;
let calls = 0;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  fixture = await openPageFixture(redis, { past: { days: 40, holdings: 4, deposit: 10_000 } });
  visitor = new Visitor(fixture.url);
  await visitor.signIn(PASSWORD);
});
afterEach(() => fixture.close());

function ask<O extends Operation>(operation: O, request: WireRequestOf<O>) {
  calls += 1;
  const options = { signal: new AbortController().signal, requestId: `ask-${calls}` };
  return fixture.dependencies.functions.call(operation, request, options);
}

const policy = () => ask(portfolio.getPolicy, {});
const cash = async () => (await ask(portfolio.getSummary, {})).cashBalance?.amount;
const firstHolding = async () => (await ask(portfolio.getPositions, {})).positions[0]?.isin ?? '';

/** Sends the form that the preview answered with. */
async function confirm(preview: VisitorAnswer, action: string): Promise<VisitorAnswer> {
  expect(preview.status).toBe(200);
  const form = [...preview.text.matchAll(/<form[\s\S]*?<\/form>/g)]
    .map(([one]) => one)
    .find((one) => one.includes(`name="do" value="${action}"`));
  const fields = [...(form ?? '').matchAll(/name="(\w+)"\s+value="([^"]*)"/g)];
  const plain = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'");
  return visitor.post(
    Object.fromEntries(fields.map(([, name = '', value = '']) => [name, plain(value)])),
  );
}

it('excludes a security: shown first, stored once, with who did it, and the owner’s text kept', async () => {
  const document = '# mine\nlimits:\n  securityMaxRatio: 0.2 # not more\n';
  const given = await visitor.submit('?view=policy', 'preview-policy', { document });
  expect(given.text).toContain('limits.securityMaxRatio');
  expect((await policy()).policy?.version ?? 0).toBe(0);
  expect((await confirm(given, 'policy')).status).toBe(200);
  expect((await policy()).policy).toMatchObject({ version: 1, document });
  expect((await policy()).policy?.note).toContain('page, ');

  const isin = await firstHolding();
  const fields = { isin, restriction: 'excluded' };
  const preview = await visitor.submit('?view=policy', 'preview-restriction', fields);
  expect(preview.text).toContain('excluded');
  await confirm(preview, 'policy');
  const stored = (await policy()).policy;
  expect(stored?.version).toBe(2);
  expect(stored?.document).toContain('# not more');
  expect(stored?.document).toContain(isin);
  // The same form again is the same change.
  await confirm(preview, 'policy');
  expect((await policy()).policy?.version).toBe(2);

  const undone = { isin, restriction: 'none' };
  await confirm(await visitor.submit('?view=policy', 'preview-restriction', undone), 'policy');
  expect((await policy()).policy?.document).not.toContain(isin);
  expect((await visitor.get('?view=system')).text).toMatch(/<b>policy<\/b>/);
});

it('holds a security back until a day, by its symbol, and shows it', async () => {
  const [{ isin, symbol } = { isin: '', symbol: '' }] = (await ask(portfolio.getPositions, {}))
    .positions;
  const fields = { isin: symbol, restriction: 'excluded', until: '2026-12-31' };
  const preview = await visitor.submit('?view=policy', 'preview-restriction', fields);
  expect(preview.text).toContain(`restrictedUntil.${isin}`);
  await confirm(preview, 'policy');
  const stored = await policy();
  expect(JSON.parse(stored.effectiveJson)).toMatchObject({
    excluded: [isin],
    restrictedUntil: { [isin]: '2026-12-31' },
  });
  expect((await visitor.get('?view=policy')).text).toContain(
    `${symbol} is excluded until 2026-12-31`,
  );
  const wrong = { isin, restriction: 'excluded', until: 'soon' };
  const refused = await visitor.submit('?view=policy', 'preview-restriction', wrong);
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('a day')]);
});

it('does not overwrite what somebody else changed after the form was shown', async () => {
  const preview = await visitor.submit('?view=policy', 'preview-policy', {
    document: 'cash: { reserveAmount: 5 }',
  });
  await ask(portfolio.updatePolicy, { document: 'cash: { reserveAmount: 7 }', expectedVersion: 0 });
  expect((await confirm(preview, 'policy')).status).not.toBe(200);
  expect((await policy()).policy?.document).toContain('7');
});

it('sets own targets in percent, and takes them back', async () => {
  const isin = await firstHolding();
  const preview = await visitor.submit('?view=targets', 'preview-targets', {
    [`weight-${isin}`]: '12,5',
  });
  expect(preview.text).toContain('0.125');
  await confirm(preview, 'policy');
  expect((await policy()).policy?.document).toContain(`${isin}: 0.125`);
  const emptied = await visitor.submit('?view=targets', 'preview-targets', {
    [`weight-${isin}`]: '',
  });
  await confirm(emptied, 'policy');
  expect((await policy()).policy?.document).not.toContain(isin);
  const wrong = await visitor.submit('?view=targets', 'preview-targets', {
    [`weight-${isin}`]: '120',
  });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain(`weight-${isin}`);
});

it('says what is wrong with a policy, and stores nothing', async () => {
  const document = 'limits: { sectorMaxRatio: 4 }';
  const answer = await visitor.submit('?view=policy', 'preview-policy', { document });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('sectorMaxRatio');
  expect((await policy()).policy?.version ?? 0).toBe(0);
});

it('notes a withdrawal once, after its effect was shown', async () => {
  await ask(portfolio.updatePositions, { forceSync: true });
  const before = Number(await cash());
  const preview = await visitor.submit('?view=withdrawal', 'preview-withdrawal', {
    amount: '10,50',
  });
  expect(preview.text).toMatch(
    /Cash goes from <span class="amt">€[\d,.]+<\/span>\s+to\s+<b><span class="amt">€[\d,.]+</,
  );
  expect(Number(await cash())).toBe(before);
  await confirm(preview, 'withdrawal');
  await confirm(preview, 'withdrawal');
  expect(Number(await cash())).toBeCloseTo(before - 10.5, 8);
});

it.each(['0', '-5', 'ten', '1e3', '1.234'])(
  'refuses the amount %s by its field',
  async (amount) => {
    const answer = await visitor.submit('?view=deposit', 'preview-deposit', { amount });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('amount');
  },
);

it('imports a file after a preview, each row once', async () => {
  const content =
    'date,kind,amount,currency\n2026-02-02,deposit,100.00,EUR\n2026-02-03,nonsense,1,EUR\n';
  await ask(portfolio.updatePositions, { forceSync: true });
  const before = Number(await cash());
  const preview = await visitor.submit('?view=import', 'preview-import', { content });
  expect(preview.text).toContain('Line 3 is left out');
  expect(Number(await cash())).toBe(before);
  const done = await confirm(preview, 'import');
  expect(done.text).toContain('Booked 1 movement');
  expect(Number(await cash())).toBe(before + 100);
  const again = await visitor.submit('?view=import', 'preview-import', { content });
  expect(again.text).toContain('1 row booked before');
});

it('shows and takes no change of a session that may only look', async () => {
  const guest = new Visitor(fixture.url);
  await guest.signIn(PASSWORD, 'read');
  const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec((await guest.get()).text) ?? [];
  for (const view of ['policy', 'targets', 'import', 'deposit', 'withdrawal'])
    expect([view, (await guest.get(`?view=${view}`)).status]).toEqual([view, 303]);
  for (const name of ['policy', 'preview-policy', 'import', 'preview-restriction', 'withdrawal']) {
    const fields = {
      do: name,
      csrf,
      key: name,
      version: '0',
      document: '',
      content: 'x',
      amount: '1',
    };
    expect([name, (await guest.post(fields)).status]).toEqual([name, 403]);
  }
});
