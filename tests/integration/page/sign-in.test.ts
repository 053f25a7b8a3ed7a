/** Who may see and change what on the page, and what a hostile page or an old cookie can do: nothing. */
import { keys } from '#shared/redis/keys.ts';
import { AuditReader } from '#shared/runtime/audit/audit-reader.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  openPageFixture,
  PASSWORD,
  TOKENS,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';
import { Visitor } from '../../support/endpoints/visitor.ts';

let redis: TestRedis;
let fixture: PageFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  fixture = await openPageFixture(redis, { env: { READ_ACCESS: 'token' } });
});
afterEach(() => fixture.close());

const MINUTE_MS = 60_000;

async function signedIn(role = 'trade'): Promise<Visitor> {
  const visitor = new Visitor(fixture.url);
  expect((await visitor.signIn(PASSWORD, role)).status).toBe(303);
  return visitor;
}

async function tradingState(): Promise<string | null> {
  return fixture.dependencies.database.redis.hget(keys.trading.control(), 'json');
}

describe('signing in', () => {
  it('is in the audit of the installation: who was let in with what, who was not, and who has to wait', async () => {
    const visitor = await signedIn('read');
    await new Visitor(fixture.url).signIn(TOKENS.write, 'write');
    const stranger = new Visitor(fixture.url);
    for (let attempt = 0; attempt < 5; attempt += 1) await stranger.signIn('a guess', 'trade');
    await visitor.submit('', 'sign-out');
    const { lines } = await new AuditReader(fixture.dependencies.database).latest(0, 100);
    expect(
      lines.toReversed().map(({ event, operation, token }) => [operation, event, token]),
    ).toEqual([
      ['page-sign-in', 'called', 'password'],
      ['page-sign-in', 'called', 'write'],
      ...Array.from({ length: 5 }, () => ['page-sign-in', 'refused', 'none']),
      ['page-sign-in', 'locked', 'none'],
      ['page-sign-out', 'called', 'none'],
    ]);
    for (const { who, address, caller } of lines)
      expect([caller, who, address]).toEqual([
        'page',
        expect.stringMatching(/^page ./),
        expect.stringMatching(/./),
      ]);
    expect(JSON.stringify(lines)).not.toContain('a guess');
  });

  it('shows nothing of the account without a session where reading needs a token', async () => {
    const visitor = new Visitor(fixture.url);
    for (const view of ['', '?view=holdings', '?view=system', '?view=resume']) {
      const { text } = await visitor.get(view);
      expect(text).toContain('Password of the operator');
      expect(text).not.toContain('EUR');
    }
    expect((await visitor.get('events')).status).toBe(401);
  });

  it('leads from the former name of a view to its present one', async () => {
    const { status, headers } = await new Visitor(fixture.url).get('?view=house');
    expect([status, headers.get('location')]).toEqual([303, './?view=system']);
  });

  it('sets a cookie for the page alone, not readable by scripts or other sites', async () => {
    const visitor = new Visitor(fixture.url);
    const { headers } = await visitor.signIn(PASSWORD);
    expect(headers.get('set-cookie')).toMatch(
      /^trader=[0-9a-f]{32}\.[0-9a-f]{64}; Path=\/trader\/; Max-Age=86400; HttpOnly; SameSite=Strict$/,
    );
    expect(headers.get('location')).toBe('./');
    expect((await visitor.get()).text).toContain('Signed in: may view, change things and trade');
  });

  it('marks the cookie secure where the browser came by TLS', async () => {
    const visitor = new Visitor(fixture.url, { 'x-forwarded-proto': 'https' });
    const { headers } = await visitor.signIn(PASSWORD);
    expect(headers.get('set-cookie')).toMatch(/^__Secure-trader=.*; Secure$/);
  });

  it.each([
    ['read', TOKENS.read ?? '', 'may view'],
    ['write', TOKENS.write, 'may view and send test notices'],
    ['trade', TOKENS.trade, 'may view, change things and trade'],
  ])('lets the %s token in for what it covers', async (_name, token, may) => {
    const visitor = new Visitor(fixture.url);
    await visitor.signIn(token);
    expect((await visitor.get()).text).toContain(`Signed in: ${may}</span>`);
  });

  it('keeps secrets and tokens out of everything it stores and shows', async () => {
    const visitor = await signedIn();
    const { text } = await visitor.get('?view=system');
    const stored: string[] = [];
    const { redis: client } = fixture.dependencies.database;
    const prefix = client.options.keyPrefix ?? '';
    for (const key of await client.keys(`${prefix}{page}*`)) {
      const name = key.slice(prefix.length);
      const kind = await client.type(name);
      if (kind === 'hash') stored.push(...(await client.hvals(name)));
      if (kind === 'list') stored.push(...(await client.lrange(name, 0, -1)));
    }
    const [, secret = ''] = visitor.cookie.split('.');
    for (const hidden of [PASSWORD, secret, TOKENS.trade])
      expect([text, ...stored].some((one) => one.includes(hidden))).toBe(false);
  });

  it('delays an address after five wrong passwords, longer each time, even for the right one', async () => {
    const visitor = new Visitor(fixture.url);
    for (let attempt = 0; attempt < 4; attempt += 1)
      expect((await visitor.signIn('wrong')).text).not.toContain('Wait');
    expect((await visitor.signIn('wrong')).text).toContain('Wait a minute');
    expect((await visitor.signIn(PASSWORD)).status).toBe(403);
    fixture.clock.advance(MINUTE_MS);
    expect((await visitor.signIn('wrong')).text).toContain('Wait 2 minutes');
    const other = new Visitor(fixture.url, { 'x-forwarded-for': '192.0.2.7' });
    expect((await other.signIn(PASSWORD)).status).toBe(303);
    fixture.clock.advance(2 * MINUTE_MS);
    expect((await visitor.signIn(PASSWORD)).status).toBe(303);
  });

  it('gives the same answer for every error', async () => {
    const texts = [];
    for (const [index, password] of ['', 'wrong', 'x'.repeat(5_000)].entries()) {
      const visitor = new Visitor(fixture.url, { 'x-forwarded-for': `192.0.2.${index}` });
      texts.push((await visitor.signIn(password)).text);
    }
    expect(new Set(texts).size).toBe(1);
  });
});

describe('a session', () => {
  it('rotates its secret every quarter of an hour; an old one ends the session', async () => {
    const visitor = await signedIn();
    const old = visitor.cookie;
    fixture.clock.advance(16 * MINUTE_MS);
    await visitor.get();
    expect(visitor.cookie).not.toBe(old);
    const kept = new Visitor(fixture.url);
    kept.cookie = old;
    expect((await kept.get()).text).toContain('Signed in');
    fixture.clock.advance(2 * MINUTE_MS);
    expect((await kept.get()).text).toContain('Password of the operator');
    expect((await visitor.get()).text).toContain('Password of the operator');
  });

  it('ends after eight idle hours, and after a day in any case', async () => {
    const visitor = await signedIn();
    for (let hours = 0; hours < 21; hours += 7) {
      fixture.clock.advance(7 * 60 * MINUTE_MS);
      expect((await visitor.get()).text).toContain('Signed in');
    }
    fixture.clock.advance(3 * 60 * MINUTE_MS);
    expect((await visitor.get()).text).toContain('Password of the operator');
    const idle = await signedIn();
    fixture.clock.advance(8 * 60 * MINUTE_MS);
    expect((await idle.get()).text).toContain('Password of the operator');
  });

  it('is revoked from another one, alone or with all', async () => {
    const [phone, laptop, tablet] = [await signedIn(), await signedIn(), await signedIn()];
    const phoneId = phone.cookie.replace('trader=', '').split('.')[0] ?? '';
    await laptop.submit('?view=system', 'revoke', { session: phoneId });
    expect((await phone.get()).text).toContain('Password of the operator');
    expect((await tablet.get()).text).toContain('Signed in');
    await laptop.submit('?view=system', 'revoke-all');
    expect((await tablet.get()).text).toContain('Password of the operator');
    expect((await laptop.get()).text).toContain('Password of the operator');
  });

  it('is not kept out by a cookie of the same name from another port of the host', async () => {
    const visitor = await signedIn();
    const own = visitor.cookie;
    for (const tossed of ['trader=x', `trader=${'0'.repeat(32)}.${'0'.repeat(64)}`, 'trader=']) {
      visitor.cookie = `${tossed}; ${own}`;
      expect((await visitor.get()).text).toContain('Signed in');
      visitor.cookie = `${own}; ${tossed}`;
      expect((await visitor.get()).text).toContain('Signed in');
    }
  });

  it('ends no session that may do more than it', async () => {
    const [owner, guest] = [await signedIn(), await signedIn('read')];
    const { text } = await guest.get('?view=system');
    expect(text).not.toContain('Sign out everywhere');
    const ownerId = owner.cookie.replace('trader=', '').split('.')[0] ?? '';
    const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec(text) ?? [];
    for (const fields of [{ do: 'revoke', session: ownerId }, { do: 'revoke-all' }])
      expect((await guest.post({ ...fields, csrf, key: 'k' })).status).toBe(403);
    expect((await owner.get()).text).toContain('Signed in');
    const guestId = guest.cookie.replace('trader=', '').split('.')[0] ?? '';
    await owner.submit('?view=system', 'revoke', { session: guestId });
    expect((await guest.get()).text).toContain('Password of the operator');
  });

  it('ends its stream of events when it is revoked, and gets no other', async () => {
    const visitor = await signedIn();
    const stream = await fetch(`${fixture.url}events`, { headers: { cookie: visitor.cookie } });
    const copy = visitor.cookie;
    await visitor.submit('?view=system', 'revoke-all');
    // Until the server ends it.
    expect(await stream.text()).toMatch(/^retry: \d+\nid: [0-9a-f]{16}\nevent: beat/);
    const again = await fetch(`${fixture.url}events`, { headers: { cookie: copy } });
    expect(again.status).toBe(401);
  });

  it('hears at once what it missed between two streams of events', async () => {
    const visitor = await signedIn();
    const first = async (lastId?: string) => {
      const headers = { cookie: visitor.cookie, ...(lastId && { 'last-event-id': lastId }) };
      const answer = await fetch(`${fixture.url}events`, { headers });
      const { value = new Uint8Array() } = (await answer.body?.getReader().read()) ?? {};
      const text = Buffer.from(value).toString();
      return [/event: (\w+)/.exec(text)?.[1], /id: (\w+)/.exec(text)?.[1]] as const;
    };
    const [event, id] = await first();
    expect([event, (await first(id))[0]]).toEqual(['beat', 'beat']);
    await visitor.submit('', 'halt');
    // The state is read at most once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await first(id))[0]).toBe('changed');
  });

  it('ends with signing out, also for a copy of its cookie', async () => {
    const visitor = await signedIn();
    const copy = new Visitor(fixture.url);
    copy.cookie = visitor.cookie;
    await visitor.submit('', 'sign-out');
    expect((await copy.get()).text).toContain('Password of the operator');
  });
});

describe('changing something', () => {
  it('is done once, and is recorded in the audit log with its author', async () => {
    const visitor = await signedIn();
    const answer = await visitor.submit('', 'halt');
    expect(answer.status).toBe(303);
    expect(await tradingState()).toContain('"HALTED"');
    const { text } = await visitor.get('?view=system');
    expect(text).toMatch(/<b>halt<\/b>\s+Trading is HALTED/);
    expect(text).toContain('unknown device');
  });

  it('is refused without the token of the session, or with that of another', async () => {
    const [visitor, other] = [await signedIn(), await signedIn()];
    const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec((await other.get()).text) ?? [];
    for (const given of ['', 'x', csrf]) {
      const { status } = await visitor.post({ do: 'halt', csrf: given, key: 'k' });
      expect(status).toBe(403);
    }
    expect(await tradingState()).toBeNull();
  });

  it.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('is refused to a page of another origin: %j', async (headers) => {
    const visitor = await signedIn();
    const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec((await visitor.get()).text) ?? [];
    Object.assign(visitor.headers, headers);
    expect((await visitor.post({ do: 'halt', csrf, key: 'k' })).status).toBe(403);
    expect((await visitor.post({ do: 'sign-in', password: PASSWORD })).status).toBe(403);
    expect(await tradingState()).toBeNull();
  });

  it('is refused to a session with read access only', async () => {
    const visitor = await signedIn('read');
    const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec((await visitor.get()).text) ?? [];
    for (const action of ['halt', 'resume', 'deposit', 'job', 'cancel'])
      expect((await visitor.post({ do: action, csrf, key: 'k' })).status).toBe(403);
    expect(await tradingState()).toBeNull();
  });

  it('says to who may not why, and returns to what was asked for after signing in', async () => {
    const guest = await signedIn('read');
    const overview = (await guest.get()).text;
    expect(overview).toMatch(
      /This session may view, no more\.\s+To stop, approve or change something/,
    );
    const asked = await guest.get('?view=job&job=sync-prices');
    const place = asked.headers.get('location') ?? '';
    expect([asked.status, place]).toEqual([303, './?view=sign-in&then=job%26job%3Dsync-prices']);
    const form = (await guest.get(place.slice(2))).text;
    expect(form).toContain('You are signed in, but this session may view, no more. To run a job,');
    const fields = { do: 'sign-in', then: 'job&job=sync-prices', password: PASSWORD };
    const done = await guest.post({ ...fields, role: 'trade' });
    expect(done.headers.get('location')).toBe('./?view=job&job=sync-prices');
    const stranger = await new Visitor(fixture.url).get('?view=sign-in&then=approve');
    expect(stranger.text).toContain('To approve a plan, sign in.');
    for (const then of ['//evil.example', 'https://evil.example', '../x', 'a b', 'x&do=halt']) {
      const answer = await guest.post({ ...fields, then, role: 'trade' });
      expect(answer.headers.get('location')).toMatch(/^\.\/(\?view=[a-z-]+)?$/);
    }
  });

  it('refuses a GET for a change, and an unknown action', async () => {
    const visitor = await signedIn();
    await visitor.get('?do=halt');
    expect(await tradingState()).toBeNull();
    const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec((await visitor.get()).text) ?? [];
    for (const action of ['constructor', '__proto__', 'nothing'])
      expect((await visitor.post({ do: action, csrf, key: 'k' })).status).toBe(404);
  });

  it('requires the password again to resume trading', async () => {
    const visitor = await signedIn();
    await visitor.submit('', 'halt');
    fixture.clock.advance(11 * MINUTE_MS);
    const refused = await visitor.submit('?view=resume', 'resume', { password: '' });
    expect(refused.status).toBe(403);
    expect(await tradingState()).toContain('"HALTED"');
    const done = await visitor.submit('?view=resume', 'resume', { password: PASSWORD });
    expect(done.status).toBe(303);
    expect(await tradingState()).toContain('"ACTIVE"');
  });

  it('books a deposit once, however often its form is sent', async () => {
    const visitor = await signedIn();
    const { text } = await visitor.get('?view=deposit');
    const [, csrf = ''] = /name="csrf"\s+value="(\w+)"/.exec(text) ?? [];
    const form = { do: 'deposit', csrf, key: 'once', amount: '250,50' };
    for (let sent = 0; sent < 3; sent += 1) expect((await visitor.post(form)).status).toBe(200);
    const { redis: client } = fixture.dependencies.database;
    const lines = await client.lrange(keys.portfolio.ledger('default'), 0, -1);
    expect(lines.filter((line) => line.includes('"250.50"'))).toHaveLength(1);
    const wrong = await visitor.post({ ...form, key: 'other', amount: '12 euros' });
    expect(wrong.status).toBe(400);
  });
});

describe('responses of the page', () => {
  it('has the headers that keep a browser from loading, framing or leaking anything', async () => {
    const { headers } = await new Visitor(fixture.url).get();
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  it('is whole and never kept, whatever part or state of it a request asks for', async () => {
    const visitor = await signedIn();
    for (const asked of [
      ...[{ range: 'bytes=0-10' }, { 'if-none-match': '*' }],
      ...[
        { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
        { 'cache-control': 'only-if-cached' },
      ],
    ]) {
      Object.assign(visitor.headers, asked);
      const { status, headers, text } = await visitor.get('?view=holdings');
      expect([asked, status, headers.get('cache-control')]).toEqual([asked, 200, 'no-store']);
      expect([headers.get('etag'), headers.get('content-range')]).toEqual([null, null]);
      expect(text).toContain('</html>');
    }
    for (const path of ['events', 'nowhere', '?view=sign-in']) {
      const { headers } = await new Visitor(fixture.url).get(path);
      expect([path, headers.get('cache-control')]).toEqual([path, 'no-store']);
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
    }
  });

  it('lead to the last replay only where there is one', async () => {
    const visitor = await signedIn();
    for (const view of ['', '?view=holdings', '?view=trust'])
      expect([view, (await visitor.get(view)).text]).toEqual([
        ...[view, expect.not.stringContaining('href="replay"')],
      ]);
    expect((await visitor.get('replay')).status).toBe(404);
    const { redis: client } = fixture.dependencies.database;
    await client.hset(keys.gateway.lastReplay(), 'html', '<!doctype html><p>the report</p>');
    for (const view of ['', '?view=holdings', '?view=trust'])
      expect([view, (await visitor.get(view)).text]).toEqual([
        ...[view, expect.stringContaining('href="replay"')],
      ]);
    expect((await visitor.get('replay')).text).toContain('the report');
  });

  it('escapes names', async () => {
    const visitor = await signedIn();
    const { text } = await visitor.get('?view=sign-in&then=%3Cscript%3Ealert(1)%3C/script%3E');
    expect(text).not.toContain('<script>alert');
    expect(text).toContain('&lt;script&gt;alert');
  });

  it('is small: document, style and script within the budget, compressed', async () => {
    const visitor = await signedIn();
    visitor.headers['accept-encoding'] = 'gzip';
    const sizes = await Promise.all(
      ['', 'app.css', 'app.js'].map(async (path) => {
        const answer = await fetch(fixture.url + path, {
          headers: { cookie: visitor.cookie, 'accept-encoding': 'gzip' },
        });
        return Number(answer.headers.get('content-length'));
      }),
    );
    const budgets = [15_360, 6_144, 8_192];
    sizes.forEach((size, index) => {
      expect(size).toBeGreaterThan(0);
      expect(size).toBeLessThanOrEqual(budgets[index] ?? 0);
    });
  });
});
